//! The form of an installation.

use super::manifest::{Fault, Manifest};
use super::upload::Upload;
use crate::events::new_id;

/// What was sent, and what is wrong with it.
#[derive(Clone, Debug)]
pub struct InstallForm {
    once: String,
    /// The manifest as it was typed, or as the file holds it.
    pub text: String,
    /// Every mistake in it.
    pub faults: Vec<Fault>,
}

impl InstallForm {
    /// Empty. It carries the id that the installation will have, so that the same form sent twice
    /// installs once.
    pub fn blank() -> Self {
        Self {
            once: new_id(),
            text: String::new(),
            faults: Vec::new(),
        }
    }

    /// As sent.
    pub fn of(upload: &Upload) -> Self {
        let blank = Self::blank();
        let once = upload.once.as_deref().map(str::trim);
        let once = once.filter(|id| uuid::Uuid::parse_str(id).is_ok());
        Self {
            once: once.map_or(blank.once, str::to_owned),
            text: upload.text.clone(),
            faults: Vec::new(),
        }
    }

    /// What it means.
    ///
    /// # Errors
    /// The form with its mistakes.
    pub fn read(upload: &Upload) -> Result<(Self, Manifest), Self> {
        let form = Self::of(upload);
        if upload.is_garbled {
            return Err(form.with(vec![Fault {
                pointer: String::new(),
                line: 0,
                message: "This file is not text in UTF-8. Choose a manifest: a JSON file."
                    .to_owned(),
            }]));
        }
        match Manifest::read(&form.text) {
            Ok(manifest) => Ok((form, manifest)),
            Err(faults) => Err(form.with(faults)),
        }
    }

    fn with(mut self, faults: Vec<Fault>) -> Self {
        self.faults = faults;
        self
    }

    /// The installation's own id.
    pub fn once(&self) -> &str {
        &self.once
    }

    /// The mistakes as a form's problems: the field, and the mistake with its place in one line.
    pub fn problems(&self) -> Vec<(&'static str, String)> {
        self.faults
            .iter()
            .map(|fault| ("manifest_text", fault.to_string()))
            .collect()
    }
}
