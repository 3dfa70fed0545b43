//! The doors: first account, login, logout, one's own account, sessions, second factors.

mod account;
mod door;
mod factor;
mod sessions;

pub use super::confirm::ask as ask_password;
pub use account::{account, change_password, choose, password_form};
pub use door::{log_in, log_out, login_form, set_up, setup};
pub use factor::{
    ask_removal, choose_roles, prepare, remove, renew_codes, roles_form, second_factor, start,
};
pub use sessions::{end_all_of, end_of, end_one, end_others, of_user};
