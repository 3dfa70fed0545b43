//! What the command line asks for: serving, a health check, help for a locked-out admin.

use std::io::{Read, Write};
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream};
use std::process::ExitCode;
use std::time::Duration;

use serde_json::json;

use crate::app::{self, App, StartError};
use crate::auth::{self, password::Passwords};
use crate::config::{AuditCommand, Cli, Command, Config, SecretsCommand, UserCommand};
use crate::db;
use crate::events::{self, Actor, Change, Event};
use crate::log;
use crate::mqtt::chain::{self, Verdict};
use crate::plugins;
use crate::vault::{Rotation, RotationError, Vault};

/// Runs it to its end.
pub fn run(cli: Cli) -> ExitCode {
    log::start(&cli.config);
    let result = match cli.command {
        None => on_runtime(serve(cli.config)),
        Some(Command::Healthcheck) => healthcheck(cli.config.listen),
        Some(Command::User {
            command:
                UserCommand::ResetPassword {
                    name,
                    drop_second_factor,
                },
        }) => on_runtime(reset_password(cli.config, name, drop_second_factor)),
        Some(Command::Audit {
            command: AuditCommand::Verify,
        }) => on_runtime(verify_events(cli.config)),
        Some(Command::Secrets {
            command: SecretsCommand::Rotate,
        }) => on_runtime(rotate_secrets(cli.config)),
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("taylordash: {error}");
            ExitCode::FAILURE
        }
    }
}

fn on_runtime(work: impl Future<Output = Result<(), StartError>>) -> Result<(), StartError> {
    // The pages have workers of their own; this one carries the relay, the broker and the database.
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(work)
}

async fn serve(config: Config) -> Result<(), StartError> {
    let app = App::build(config).await?;
    // Where nobody reads it any more, there is still something to serve.
    let _ = writeln!(std::io::stdout(), "{}", app.banner());
    app.run().await
}

/// A GET of `/health/ready`, by hand: a container's health check needs no HTTP library.
fn healthcheck(listen: SocketAddr) -> Result<(), StartError> {
    let host = match listen.ip() {
        ip if !ip.is_unspecified() => ip,
        IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
    };
    let address = SocketAddr::new(host, listen.port());
    let patience = Duration::from_secs(3);
    let mut stream = TcpStream::connect_timeout(&address, patience)?;
    stream.set_read_timeout(Some(patience))?;
    write!(
        stream,
        "GET /health/ready HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.take(64 * 1024).read_to_string(&mut answer)?;
    match answer.split_whitespace().nth(1) {
        Some("200") => Ok(()),
        status => Err(StartError::Unready(
            status.unwrap_or("no answer").to_owned(),
        )),
    }
}

async fn reset_password(
    config: Config,
    name: String,
    drop_second_factor: bool,
) -> Result<(), StartError> {
    app::prepare_folder(&config.data_dir)?;
    let db = db::connect(&config).await?;
    let Some(account) = auth::store::credentials(&db, &name).await? else {
        return Err(StartError::NoSuchUser(name));
    };
    let password = auth::random_password()?;
    let hash = Passwords::new()?.hash(&password).await?;
    let mut change = Change::begin(&db, &Actor::command_line()).await?;
    auth::store::set_password(&mut change, &account.id, &hash, false).await?;
    let details = json!({ "sessions_ended": true });
    let mut events = vec![Event::user(&account.id, "password_changed", details)];
    if drop_second_factor && auth::store::factor::drop(&mut change, &account.id).await? {
        events.push(Event::user(&account.id, "second_factor_removed", json!({})));
    }
    change.commit_all(events).await?;
    println!("New password of {}: {password}", account.username);
    println!("All of their sessions have ended. Change it after signing in, at /account.");
    match (drop_second_factor, account.totp_secret.is_some()) {
        (true, true) => {
            println!("Their second factor is gone; they can set up another at /account.")
        }
        (false, true) => {
            println!(
                "Their second factor stays; --drop-second-factor takes it off, for a lost phone."
            );
        }
        (_, false) => {}
    }
    db.close().await;
    Ok(())
}

async fn verify_events(config: Config) -> Result<(), StartError> {
    app::prepare_folder(&config.data_dir)?;
    let db = db::connect(&config).await?;
    let verdict = chain::verify(&db).await?;
    let (rows, misfits) = compare_rows(&db).await?;
    db.close().await;
    match verdict {
        Verdict::Broken(batch) => {
            return Err(StartError::Tampered(
                batch.number,
                batch.first_position,
                batch.last_position,
            ));
        }
        Verdict::Whole(None, waiting) => {
            println!("No batch was digested yet; {waiting} events wait for it.");
        }
        Verdict::Whole(Some(head), waiting) => {
            println!(
                "All {} batches fit, up to position {}.",
                head.number, head.last_position
            );
            println!("Head: {}", head.digest);
            println!("{waiting} newer events are not digested yet.");
        }
    }
    if !misfits.is_empty() {
        return Err(StartError::Misfits(misfits.join(", ")));
    }
    println!("All {rows} rows are as their last events left them.");
    Ok(())
}

/// How many rows there are, and the names of those that do not fit.
async fn compare_rows(db: &db::Db) -> Result<(usize, Vec<String>), StartError> {
    const AT_ONCE: i64 = 500;
    let (mut rows, mut misfits) = (0, Vec::new());
    let mut place = Some(events::rows::Place::start());
    while let Some(at) = place {
        let is_of_events = at.is_of_events();
        let looked = events::rows::look(db, at, AT_ONCE).await?;
        rows += if is_of_events { looked.rows } else { 0 };
        let names = looked.misfits.into_iter();
        misfits.extend(names.map(|misfit| format!("{} {}", misfit.kind, misfit.id)));
        place = looked.next;
    }
    Ok((rows, misfits))
}

async fn rotate_secrets(config: Config) -> Result<(), StartError> {
    app::prepare_folder(&config.data_dir)?;
    let vault = Vault::open(&config)?;
    let db = db::connect(&config).await?;
    let deployment = events::store::deployment(&db).await?;
    let Some(rotation) = Rotation::prepare(&vault, &db).await? else {
        println!("A rotation had been interrupted; it is finished now, and all is under its key.");
        return Ok(());
    };
    let mut change = Change::begin(&db, &Actor::command_line()).await?;
    let done = plugins::sealing::reseal(&mut change, &rotation).await?;
    let factors = auth::factor::reseal(&mut change, &rotation).await?;
    let details = json!({
        "secrets": done.current.secrets,
        "secrets_in_versions": done.versions.secrets,
        "second_factors": factors.secrets,
        "unreadable": done.current.unreadable + done.versions.unreadable + factors.unreadable,
    });
    change
        .commit(Event::system(&deployment, "secrets_rotated", details))
        .await?;
    let is_made_here = rotation.is_made_here();
    rotation.finish().map_err(RotationError::from)?;
    println!("{done}");
    if is_made_here {
        println!(
            "The new key is in {}: back it up. Everyone signs in anew after the next restart.",
            vault.file().display()
        );
    } else {
        println!("TAYLORDASH_OLD_SECRET_KEY is needed no more.");
    }
    db.close().await;
    Ok(())
}
