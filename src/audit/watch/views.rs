//! The page of notes.

use askama::Template;

use super::note::Note;
use crate::page::Layout;

/// What admins should know, and what they have seen.
#[derive(Template)]
#[template(path = "audit/notes.html")]
pub struct NotesPage {
    layout: Layout,
    unseen: Vec<Note>,
    seen: Vec<Note>,
}

/// Only the notes.
#[derive(Template)]
#[template(path = "audit/notes.html", block = "notes")]
pub struct NotesPart {
    unseen: Vec<Note>,
    seen: Vec<Note>,
}

impl NotesPage {
    /// From what was read.
    pub fn new(layout: Layout, unseen: Vec<Note>, seen: Vec<Note>) -> Self {
        Self {
            layout,
            unseen,
            seen,
        }
    }
}

impl NotesPart {
    /// From what was read.
    pub fn new(_: Layout, unseen: Vec<Note>, seen: Vec<Note>) -> Self {
        Self { unseen, seen }
    }
}
