//! Every address of the application, grouped by noun.

use std::path::PathBuf;

use actix_files::Files;
use actix_web::guard::fn_guard;
use actix_web::middleware::{Compress, from_fn};
use actix_web::web::{self, ServiceConfig, get, post};

use crate::error::Error;
use crate::events::refused::routes as refused;
use crate::events::replays::routes as replays;
use crate::plugins::{config::routes as config, routes as plugins, versions::routes as versions};
use crate::projects::{
    board::routes as board, labels::routes as labels, map::routes as map, routes as projects,
    tasks::blockers::routes as blockers, tasks::bulk::routes as bulk,
    tasks::comments::routes as comments, tasks::list::routes as list,
    tasks::list::saved::routes as views, tasks::routes as tasks, trash::routes as trash,
};
use crate::system::mqtt::routes as devices;
use crate::{audit, auth, dashboard, events, health, page, system, users};

/// Puts them all in place; the static files are in `static_dir`.
pub fn all(static_dir: PathBuf) -> impl FnOnce(&mut ServiceConfig) {
    move |app| {
        app.route("/health/live", get().to(health::live))
            .route("/health/ready", get().to(health::ready))
            .route("/health/database", get().to(health::database))
            //
            .route("/", get().to(dashboard::routes::show))
            .route(
                "/events",
                get()
                    .guard(fn_guard(events::lines::are_wanted))
                    .to(events::routes::lines),
            )
            .route("/events", get().to(events::routes::list))
            .route("/events/stream", get().to(events::routes::stream))
            .route("/events/refused", get().to(refused::list))
            .route("/events/{id}/delivery", post().to(refused::send_again))
            .route("/events/{id}/omission", post().to(refused::give_up))
            .route("/events/replays", get().to(replays::list))
            .route("/events/replays", post().to(replays::create))
            .route("/events/replays/{id}/stop", post().to(replays::stop))
            //
            .route("/setup", get().to(auth::routes::setup))
            .route("/setup", post().to(auth::routes::set_up))
            .route("/login", get().to(auth::routes::login_form))
            .route("/login", post().to(auth::routes::log_in))
            .route("/logout", post().to(auth::routes::log_out))
            .route("/account", get().to(auth::routes::account))
            .route("/confirm", get().to(auth::routes::ask_password))
            .route("/account/password", get().to(auth::routes::password_form))
            .route(
                "/account/password",
                post().to(auth::routes::change_password),
            )
            .route("/account/preferences", post().to(auth::routes::choose))
            .route(
                "/account/sessions/deletion",
                post().to(auth::routes::end_others),
            )
            .route(
                "/account/sessions/{session}/deletion",
                post().to(auth::routes::end_one),
            )
            .route(
                "/account/second-factor",
                get().to(auth::routes::second_factor),
            )
            .route("/account/second-factor", post().to(auth::routes::start))
            .route(
                "/account/second-factor/secret",
                post().to(auth::routes::prepare),
            )
            .route(
                "/account/second-factor/recovery-codes",
                post().to(auth::routes::renew_codes),
            )
            .route(
                "/account/second-factor/deletion",
                get().to(auth::routes::ask_removal),
            )
            .route(
                "/account/second-factor/deletion",
                post().to(auth::routes::remove),
            )
            //
            .route("/plugins", get().to(plugins::list))
            .route("/plugins", post().to(plugins::install))
            .route("/plugins/new", get().to(plugins::new))
            .route("/plugins/{id}", get().to(plugins::show))
            .route("/plugins/{id}/status", post().to(plugins::set_status))
            .route("/plugins/{id}/config", get().to(config::show))
            .route("/plugins/{id}/config", post().to(config::save))
            .route("/plugins/{id}/config/json", get().to(config::show_text))
            .route("/plugins/{id}/config/json", post().to(config::save_text))
            .route("/plugins/{id}/config/schema", get().to(config::show_schema))
            .route("/plugins/{id}/config/merge", post().to(config::merge))
            .route("/plugins/{id}/versions", get().to(versions::list))
            .route(
                "/plugins/{id}/versions/compare",
                get().to(versions::compare),
            )
            .route("/plugins/{id}/versions/{number}", get().to(versions::show))
            .route(
                "/plugins/{id}/versions/{number}/restoration",
                post().to(versions::restore),
            )
            .route("/plugins/{id}/deletion", get().to(plugins::ask_deletion))
            .route("/plugins/{id}/deletion", post().to(plugins::delete))
            //
            .route("/projects", get().to(projects::list))
            .route("/projects", post().to(projects::create))
            .route("/projects/new", get().to(projects::new))
            .route("/projects/{id}", get().to(projects::show))
            .route("/projects/{id}", post().to(projects::update))
            .route("/projects/{id}/board", get().to(board::of_project))
            .route("/board", get().to(board::of_all))
            .route("/projects/{id}/map", get().to(map::of_project))
            .route("/map", get().to(map::of_all))
            .route("/projects/{id}/edit", get().to(projects::edit))
            .route("/projects/{id}/deletion", get().to(projects::ask_deletion))
            .route("/projects/{id}/deletion", post().to(projects::delete))
            .route("/projects/{id}/tasks", get().to(list::of_project))
            .route("/projects/{id}/tasks", post().to(tasks::create))
            .route(
                "/projects/{id}/tasks/export",
                get().to(list::export_project),
            )
            .route("/tasks", get().to(list::of_all))
            .route("/tasks/export", get().to(list::export_all))
            .route("/views", get().to(views::list))
            .route("/views", post().to(views::create))
            .route("/views/{id}", post().to(views::update))
            .route("/views/{id}/deletion", post().to(views::delete))
            .route("/trash", get().to(trash::list))
            .route("/trash/{id}/restoration", post().to(trash::restore))
            .route("/tasks/bulk", post().to(bulk::change))
            .route("/tasks/{id}", get().to(tasks::show))
            .route("/tasks/{id}", post().to(tasks::update))
            .route("/tasks/{id}/blockers", post().to(blockers::add))
            .route(
                "/tasks/{id}/blockers/{blocker}/deletion",
                post().to(blockers::remove),
            )
            .route("/tasks/{id}/place", post().to(board::move_card))
            .route("/tasks/{id}/ticks", post().to(tasks::tick))
            .route("/tasks/{id}/comments", post().to(comments::create))
            .route(
                "/tasks/{id}/comments/{comment}",
                post().to(comments::update),
            )
            .route(
                "/tasks/{id}/comments/{comment}/deletion",
                post().to(comments::delete),
            )
            .route("/tasks/{id}/deletion", post().to(tasks::delete))
            //
            .route("/labels", get().to(labels::list))
            .route("/labels", post().to(labels::create))
            .route("/labels/{id}", post().to(labels::update))
            .route("/labels/{id}/deletion", get().to(labels::ask_deletion))
            .route("/labels/{id}/deletion", post().to(labels::delete))
            //
            .route("/users", get().to(users::routes::list))
            .route("/users", post().to(users::routes::create))
            .route("/users/new", get().to(users::routes::new))
            .route("/users/second-factor", get().to(auth::routes::roles_form))
            .route(
                "/users/second-factor",
                post().to(auth::routes::choose_roles),
            )
            .route("/users/{id}", get().to(users::routes::show))
            .route("/users/{id}", post().to(users::routes::update))
            .route(
                "/users/{id}/deletion",
                get().to(users::routes::ask_deletion),
            )
            .route("/users/{id}/deletion", post().to(users::routes::delete))
            .route("/users/{id}/sessions", get().to(auth::routes::of_user))
            .route(
                "/users/{id}/sessions/deletion",
                post().to(auth::routes::end_all_of),
            )
            .route(
                "/users/{id}/sessions/{session}/deletion",
                post().to(auth::routes::end_of),
            )
            //
            .route("/audit", get().to(audit::routes::list))
            .route("/audit/export", get().to(audit::routes::export))
            .route("/audit/notes", get().to(audit::watch::routes::list))
            .route(
                "/audit/notes/sighting",
                post().to(audit::watch::routes::see),
            )
            //
            .route("/system", get().to(system::routes::show))
            .route("/system/integrity", post().to(system::routes::check))
            .route("/system/mqtt", get().to(devices::list))
            .route("/system/mqtt", post().to(devices::create))
            .route("/system/mqtt/new", get().to(devices::new))
            .route("/system/mqtt/{id}", get().to(devices::show))
            .route("/system/mqtt/{id}", post().to(devices::update))
            .route("/system/mqtt/{id}/password", post().to(devices::renew))
            .route(
                "/system/mqtt/{id}/deletion",
                get().to(devices::ask_deletion),
            )
            .route("/system/mqtt/{id}/deletion", post().to(devices::delete))
            //
            .service(
                web::scope("/static")
                    .wrap(from_fn(page::cache_for_ever))
                    .wrap(Compress::default())
                    .service(Files::new("", static_dir)),
            )
            .default_service(web::to(nothing_here));
    }
}

async fn nothing_here() -> Result<&'static str, Error> {
    Err(Error::NotFound)
}
