//! Secrets at rest: the master key, what is derived from it, and the sealed text that stands in a
//! document in the place of a secret.
//!
//! A sealed text says which key opens it, when and by whom it was set, and holds the value under
//! XChaCha20-Poly1305. It opens only in the document of its owner and at its own JSON Pointer: a
//! copy of it elsewhere is as unreadable as noise.

mod key;
mod keyfile;
mod ring;
mod rotation;
mod sealed;
mod store;
#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests;

pub use ring::{Opened, Sealer, Unreadable, Vault};
pub use rotation::{Resealed, Rotation, RotationError};
pub use sealed::{Marked, is_sealed, is_sealed_text, marks, mask, pretenders};
