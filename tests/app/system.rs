//! The system page: what the database says of itself, to admins.

use crate::harness::{Engine, TestApp};

stories! {
    async fn only_admins_see_it(app) {
        app.setup_admin().await;
        for role in ["viewer", "maintainer"] {
            let browser = app.user(role).await;
            browser.get("/system").await.status(403);
            browser.post("/system/integrity", &[]).await.status(403);
            assert!(!browser.get("/").await.has("a[href='/system']"));
        }
        app.browser().get("/system").await.see("/login?next=%2Fsystem");
    }

    async fn it_says_what_runs_here(app) {
        let sam = app.setup_admin().await;
        let page = sam.get("/system").await.status(200);
        assert!(page.text.contains(env!("CARGO_PKG_VERSION")));
        let deployment = app.rows("select id from deployment").await;
        assert!(page.text.contains(deployment[0].text("id")));
        assert!(page.text.contains(app.data_dir().to_str().unwrap()));
    }

    async fn it_knows_the_tables(app) {
        let sam = app.setup_admin().await;
        if app.engine() == Engine::Postgres {
            app.database().execute("analyze").await;
        }
        let page = sam.get("/system").await.status(200);
        let tables = page.select("[aria-labelledby=h-tables] code");
        for table in ["users", "projects", "tasks", "plugins", "events"] {
            assert!(tables.contains(&table.to_owned()), "{table}");
        }
        match app.engine() {
            Engine::Sqlite => assert!(page.text.contains("taylordash.db")),
            Engine::Postgres => {
                assert!(!page.select("[aria-labelledby=h-connections] tbody tr").is_empty());
                let columns = page.select("[aria-labelledby=h-columns] code");
                assert!(columns.contains(&"users.username".to_owned()));
            }
        }
    }

    async fn a_file_can_be_checked_and_postgresql_needs_no_such_check(app) {
        let sam = app.setup_admin().await;
        let page = sam.get("/system").await.status(200);
        if app.engine() == Engine::Postgres {
            assert!(!page.has("form[action='/system/integrity']"));
            sam.post("/system/integrity", &[]).await.status(400);
            return;
        }
        let answer = sam.submit(&page, "form[action='/system/integrity']", &[]).await;
        answer.see("/system#integrity");
        let page = sam.get("/system").await.status(200);
        assert_eq!(page.select("#integrity .state"), ["all well"]);
    }

    async fn a_statement_is_explained_and_never_run(app) {
        let sam = app.setup_admin().await;
        sam.get("/system?explain=nonsense").await.status(400);
        sam.get("/system?explain=99999999999999999999").await.status(400);
        sam.get("/system?explain=-1").await.status(200);
        if app.engine() == Engine::Sqlite {
            return;
        }
        let there = "pg_available_extensions where name = 'pg_stat_statements'";
        let preloaded = "pg_settings where name = 'shared_preload_libraries' \
                         and setting like '%pg_stat_statements%'";
        let page = sam.get("/system").await.status(200);
        assert!(page.text.contains("create extension pg_stat_statements"), "how to turn it on");
        if app.count(there).await == 0 {
            return;
        }
        app.database().execute("create extension pg_stat_statements").await;
        if app.count(preloaded).await == 0 {
            let page = sam.get("/system").await.status(200);
            assert!(page.text.contains("The database does not say"));
            return;
        }
        sam.post("/account/preferences", &[("theme", "dark")]).await.status(303);
        let events = app.count("events").await;
        let page = sam.get("/system").await.status(200);
        let links = page.attributes("#statements a", "href");
        assert!(!links.is_empty());
        for link in links {
            let page = sam.get(link.split('#').next().unwrap()).await.status(200);
            assert!(page.text.contains("(cost="), "{}", page.select("#statements pre").join("\n"));
        }
        assert_eq!(app.count("events").await, events, "an explained insert inserts nothing");
        assert_eq!(app.count("pg_prepared_statements where name like 'explain%'").await, 0);
    }
}
