use clap::Subcommand;

/// What else the program can do.
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Work on accounts from the machine itself.
    User {
        /// What to do.
        #[command(subcommand)]
        command: UserCommand,
    },
    /// Work on the secrets of configurations.
    Secrets {
        /// What to do.
        #[command(subcommand)]
        command: SecretsCommand,
    },
    /// Look after the trail of events.
    Audit {
        /// What to do.
        #[command(subcommand)]
        command: AuditCommand,
    },
    /// Ask the running server whether it is ready; exits 0 if so. For containers.
    Healthcheck,
}

/// What can be done to an account from the command line.
#[derive(Clone, Debug, Subcommand)]
pub enum UserCommand {
    /// Give an account a new random password, print it, and end its sessions.
    ResetPassword {
        /// The user name.
        name: String,
        /// Also take the second factor off the account: for a lost phone.
        #[arg(long)]
        drop_second_factor: bool,
    },
}

/// What can be done to secrets from the command line.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum SecretsCommand {
    /// Put all secrets under a new key, also while the server runs.
    Rotate,
}

/// What can be done with the trail from the command line.
#[derive(Clone, Copy, Debug, Subcommand)]
pub enum AuditCommand {
    /// Read the chain over all events again, and name the first batch that does not fit. Compare the
    /// head it prints with the retained message on tracker/audit/head.
    Verify,
}
