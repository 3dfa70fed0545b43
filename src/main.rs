//! The program `taylordash`: reads the command line and runs what it says.

use std::process::ExitCode;

use taylordash::command;
use taylordash::config::{self, Wrong};

fn main() -> ExitCode {
    match config::read(std::env::args_os()) {
        Ok(cli) => command::run(cli),
        Err(Wrong::Line(line)) => {
            eprintln!("taylordash: {line}");
            ExitCode::from(2)
        }
        Err(Wrong::Clap(error)) => error.exit(),
    }
}
