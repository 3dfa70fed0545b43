use std::path::Path;

use serde_json::{Value, json};
use tempfile::TempDir;

use super::{Vault, is_sealed, marks, mask, pretenders};
use crate::config::{Config, Secret};
use crate::db::{self, Db};
use crate::events::{Actor, Change, Event};
use crate::vault::Rotation;

struct Place {
    folder: TempDir,
    db: Db,
}

impl Place {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let db = db::connect(&config(folder.path(), None)).await.unwrap();
        crate::events::store::deployment(&db).await.unwrap();
        Self { folder, db }
    }

    fn vault(&self) -> Vault {
        Vault::open(&config(self.folder.path(), None)).unwrap()
    }

    async fn seal(&self, vault: &Vault, owner: &str, document: &Value, before: &Value) -> Value {
        let mut change = self.change("ada").await;
        let sealer = vault.lock(&mut change).await.unwrap();
        sealer
            .seal(owner, document, &["/password".to_owned()], before)
            .unwrap()
    }

    async fn change(&self, name: &str) -> Change {
        let actor = Actor {
            name: name.to_owned(),
            ..Actor::system()
        };
        Change::begin(&self.db, &actor).await.unwrap()
    }

    async fn rotate(&self, vault: &Vault, owner: &str, document: &mut Value) -> Rotation {
        let rotation = Rotation::prepare(vault, &self.db).await.unwrap().unwrap();
        let mut change = self.change("root").await;
        rotation.begin(&mut change).await.unwrap();
        assert_eq!(rotation.reseal(owner, document).unwrap().secrets, 1);
        let event = Event::system("test", "secrets_rotated", json!({}));
        change.commit(event).await.unwrap();
        rotation
    }
}

fn config(folder: &Path, key: Option<&str>) -> Config {
    use clap::Parser;
    let folder = folder.to_str().unwrap();
    let cli = crate::config::Cli::parse_from(["taylordash", "--data-dir", folder]);
    Config {
        secret_key: key.map(|key| Secret(key.to_owned())),
        ..cli.config
    }
}

fn plain() -> Value {
    json!({ "host": "nas", "password": "correct horse" })
}

#[actix_web::test]
async fn a_sealed_secret_shows_nothing_but_who_set_it_and_comes_back_whole() {
    let place = Place::new().await;
    let vault = place.vault();
    let kept = place.seal(&vault, "nas", &plain(), &Value::Null).await;
    assert!(is_sealed(&kept["password"]));
    assert!(!kept.to_string().contains("horse"));
    assert_eq!(marks(&kept)[0].set_by, "ada");
    assert_eq!(
        mask(&kept),
        json!({ "host": "nas", "password": { "$secret": "/password" } })
    );
    let opened = vault.unseal("nas", &kept);
    assert_eq!((opened.document, opened.unreadable), (plain(), vec![]));
}

#[actix_web::test]
async fn the_length_of_a_short_secret_does_not_show() {
    let place = Place::new().await;
    let vault = place.vault();
    let lengths = ["1", "a much longer one, of forty-two characters"].map(async |secret| {
        let kept = place
            .seal(&vault, "nas", &json!({ "password": secret }), &Value::Null)
            .await;
        kept["password"].as_str().unwrap().len()
    });
    let [short, long] = lengths;
    assert_eq!(short.await, long.await);
}

#[actix_web::test]
async fn a_sealed_text_of_another_plugin_or_place_stays_shut() {
    let place = Place::new().await;
    let vault = place.vault();
    let kept = place.seal(&vault, "nas", &plain(), &Value::Null).await;
    let elsewhere = json!({ "other": kept["password"] });
    for (owner, document) in [("router", &kept), ("nas", &elsewhere)] {
        let opened = vault.unseal(owner, document);
        assert!(opened.unreadable[0].is_damaged);
        assert_eq!(opened.document, *document);
    }
}

#[actix_web::test]
async fn plain_data_that_looks_sealed_is_found_except_where_it_will_be_sealed_itself() {
    let place = Place::new().await;
    let vault = place.vault();
    let kept = place.seal(&vault, "nas", &plain(), &Value::Null).await;
    let stolen = kept["password"].clone();
    let posted = json!({ "list": [1, stolen], "password": stolen });
    assert_eq!(pretenders(&posted, &["/password".to_owned()]), ["/list/1"]);
    let again = place
        .seal(&vault, "nas", &json!({ "password": stolen }), &Value::Null)
        .await;
    assert_eq!(vault.unseal("nas", &again).document["password"], stolen);
}

#[actix_web::test]
async fn a_secret_that_was_kept_is_the_same_text_and_one_that_moved_keeps_its_mark() {
    let place = Place::new().await;
    let vault = place.vault();
    let kept = place.seal(&vault, "nas", &plain(), &Value::Null).await;
    let again = place
        .seal(
            &vault,
            "nas",
            &json!({ "host": "x", "password": "correct horse" }),
            &kept,
        )
        .await;
    assert_eq!(again["password"], kept["password"]);

    let mut change = place.change("bob").await;
    let sealer = vault.lock(&mut change).await.unwrap();
    let moved = json!({ "passwords": ["correct horse", "new"] });
    let secrets = ["/passwords/0".to_owned(), "/passwords/1".to_owned()];
    let moved = sealer.seal("nas", &moved, &secrets, &kept).unwrap();
    let names: Vec<String> = marks(&moved).into_iter().map(|mark| mark.set_by).collect();
    assert_eq!(names, ["ada", "bob"]);
}

#[actix_web::test]
async fn with_another_key_secrets_are_named_and_kept_and_the_right_key_opens_them_again() {
    let place = Place::new().await;
    let kept = place
        .seal(&place.vault(), "nas", &plain(), &Value::Null)
        .await;
    let wrong = config(place.folder.path(), Some(&"x".repeat(32)));
    std::fs::rename(
        place.folder.path().join("secret.key"),
        place.folder.path().join("away"),
    )
    .unwrap();
    let stranger = Vault::open(&wrong).unwrap();
    let opened = stranger.unseal("nas", &kept);
    assert_eq!(opened.unreadable[0].pointer, "/password");
    assert!(!opened.unreadable[0].is_damaged);
    let saved = place.seal(&stranger, "nas", &opened.document, &kept).await;
    assert_eq!(saved, kept);
    std::fs::rename(
        place.folder.path().join("away"),
        place.folder.path().join("secret.key"),
    )
    .unwrap();
    assert_eq!(place.vault().unseal("nas", &saved).document, plain());
}

#[actix_web::test]
async fn a_running_server_follows_a_rotation_to_its_end_or_to_where_it_was_killed() {
    for is_killed in [false, true] {
        let place = Place::new().await;
        let server = place.vault();
        let mut kept = place.seal(&server, "nas", &plain(), &Value::Null).await;
        let rotation = place.rotate(&place.vault(), "nas", &mut kept).await;
        if is_killed {
            drop(rotation);
        } else {
            rotation.finish().unwrap();
        }
        assert_eq!(server.unseal("nas", &kept).document, plain());
        let fresh = place.seal(&server, "nas", &plain(), &Value::Null).await;
        let restarted = place.vault();
        assert!(restarted.settle(&place.db).await.unwrap());
        assert_eq!(restarted.unseal("nas", &fresh).document, plain());
        assert!(!place.folder.path().join("secret.key.next").exists());
    }
}

#[actix_web::test]
async fn a_rotation_that_was_killed_before_its_commit_is_done_by_the_next_with_the_same_key() {
    let place = Place::new().await;
    let kept = place
        .seal(&place.vault(), "nas", &plain(), &Value::Null)
        .await;
    let killed = Rotation::prepare(&place.vault(), &place.db)
        .await
        .unwrap()
        .unwrap();
    let mut change = place.change("root").await;
    killed.begin(&mut change).await.unwrap();
    drop((killed, change));
    let vault = place.vault();
    assert!(vault.settle(&place.db).await.unwrap());
    assert_eq!(vault.unseal("nas", &kept).document, plain());
    let next = std::fs::read(place.folder.path().join("secret.key.next")).unwrap();
    let mut resealed = kept.clone();
    place
        .rotate(&vault, "nas", &mut resealed)
        .await
        .finish()
        .unwrap();
    assert_eq!(
        std::fs::read(place.folder.path().join("secret.key")).unwrap(),
        next
    );
    assert_eq!(place.vault().unseal("nas", &resealed).document, plain());
    assert_eq!(marks(&resealed), marks(&kept));
}

#[actix_web::test]
async fn a_node_that_was_left_behind_with_a_retired_key_refuses_to_seal() {
    let place = Place::new().await;
    let (old, new) = ("o".repeat(32), "n".repeat(32));
    let left_behind = Vault::open(&config(place.folder.path(), Some(&old))).unwrap();
    let mut kept = place
        .seal(&left_behind, "nas", &plain(), &Value::Null)
        .await;
    let both = Config {
        old_secret_key: Some(Secret(old)),
        ..config(place.folder.path(), Some(&new))
    };
    let vault = Vault::open(&both).unwrap();
    place
        .rotate(&vault, "nas", &mut kept)
        .await
        .finish()
        .unwrap();
    let mut change = place.change("ada").await;
    assert!(matches!(
        left_behind.lock(&mut change).await,
        Err(crate::error::Error::KeyRetired)
    ));
    drop(change);
    assert_eq!(left_behind.unseal("nas", &kept).unreadable.len(), 1);
    assert_eq!(vault.unseal("nas", &kept).document, plain());
}

#[test]
fn a_key_file_is_for_its_owner_only_and_one_that_holds_no_key_stops_the_start() {
    use std::os::unix::fs::PermissionsExt;
    let folder = TempDir::new().unwrap();
    let config = config(folder.path(), None);
    assert!(Vault::open(&config).unwrap().made_key().is_some());
    assert!(Vault::open(&config).unwrap().made_key().is_none());
    let file = folder.path().join("secret.key");
    assert_eq!(
        std::fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    std::fs::write(&file, "").unwrap();
    assert!(Vault::open(&config).is_err());
}
