//! A plugin's configuration, for maintainers.

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use serde_json::Value;

use super::conflict::differing;
use super::schemas;
use super::views::{ConfigPage, Overtaken};
use crate::auth::Maintainer;
use crate::db::Db;
use crate::error::Error;
use crate::events::{self, Change};
use crate::page::{self, Flash, Layout, Posted};
use crate::plugins::schema::{self, Answer, Compiled, Form};
use crate::plugins::store::{self, Plugin};
use crate::plugins::{changes, storable};

/// How far back the last save is looked for among a plugin's events.
const EVENTS: i64 = 50;

/// GET `/plugins/{id}/config`
pub async fn show(
    _: Maintainer,
    db: Data<Db>,
    id: Path<String>,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(&db, &id).await?;
    let form = schemas::of(&plugin).map(|compiled| schema::render(&compiled, &plugin.config));
    page::page(&ConfigPage::new(layout, plugin, form.as_ref())?)
}

/// POST `/plugins/{id}/config`: saves, or presses a button that only changes the form.
pub async fn save(
    maintainer: Maintainer,
    request: HttpRequest,
    db: Data<Db>,
    id: Path<String>,
    posted: Posted,
) -> Result<HttpResponse, Error> {
    if presses_a_button(&posted) {
        return press(&request, &db, &id, &posted).await;
    }
    let layout = Layout::of(&request);
    let mut change = Change::begin(&db, &maintainer.actor()).await?;
    let plugin = store::find_to_change(&mut change, &id).await?;
    let Some(compiled) = schemas::of(&plugin) else {
        return page::refused(&ConfigPage::new(layout, plugin, None)?);
    };
    match schema::post(&compiled, &plugin.config, posted.pairs()) {
        Answer::Save(saved) => {
            let asked = Asked::new(layout, plugin, &compiled, &posted);
            asked.keep(&db, change, &saved.value).await
        }
        Answer::Refuse(form) | Answer::Show(form) => {
            page::refused(&ConfigPage::new(layout, plugin, Some(&form))?)
        }
    }
}

/// The form as the button changed it. Nothing is locked for that.
async fn press(
    request: &HttpRequest,
    db: &Db,
    id: &str,
    posted: &Posted,
) -> Result<HttpResponse, Error> {
    let plugin = store::find(db, id).await?;
    let form = schemas::of(&plugin).map(|compiled| typed(&compiled, &plugin.config, posted));
    page::page(&ConfigPage::new(
        Layout::of(request),
        plugin,
        form.as_ref(),
    )?)
}

/// Whether a button was pressed that changes the form and saves nothing.
fn presses_a_button(posted: &Posted) -> bool {
    posted.all("action").any(|action| action.contains(' '))
}

/// A valid configuration on its way into the database.
struct Asked<'a> {
    layout: Layout,
    plugin: Plugin,
    compiled: &'a Compiled,
    posted: &'a Posted,
}

impl<'a> Asked<'a> {
    fn new(layout: Layout, plugin: Plugin, compiled: &'a Compiled, posted: &'a Posted) -> Self {
        Self {
            layout,
            plugin,
            compiled,
            posted,
        }
    }

    async fn keep(
        self,
        db: &Db,
        mut change: Change,
        config: &Value,
    ) -> Result<HttpResponse, Error> {
        let address = format!("/plugins/{}", self.plugin.id);
        if schema::same(&self.plugin.config, config) {
            change.abandon();
            return Ok(page::see_with(&address, Flash::Unchanged));
        }
        if let Some(refusal) = storable::refusal(config) {
            change.abandon();
            return page::refused(&self.page()?.refused(refusal));
        }
        if self.is_overtaken() {
            change.abandon();
            let overtaken = self.overtaken(db, config).await?;
            return page::refused(&self.page()?.overtaken(overtaken));
        }
        store::set_config(&mut change, &self.plugin.id, config).await?;
        let event = changes::config_changed(&self.plugin, config);
        change.commit(event).await?;
        Ok(page::see_with(&address, Flash::Saved))
    }

    /// Whether somebody else saved after this form was shown. A script leaves `seen` out.
    fn is_overtaken(&self) -> bool {
        let seen = self.posted.get("seen").map(str::trim);
        seen.is_some_and(|seen| !seen.is_empty() && seen != self.plugin.config_version.to_string())
    }

    async fn overtaken(&self, db: &Db, config: &Value) -> Result<Overtaken, Error> {
        let subject = format!("plugin/{}", self.plugin.id);
        let events = events::store::of_subject(db, &subject, EVENTS).await?;
        let last = events
            .into_iter()
            .find(|event| event.event_type == "config_changed");
        Ok(Overtaken {
            by: last.map(|event| (event.actor, event.created_at)),
            differing: differing(&self.plugin.config, config, self.compiled),
        })
    }

    /// The form with what was typed.
    fn page(self) -> Result<ConfigPage, Error> {
        let form = typed(self.compiled, &self.plugin.config, self.posted);
        ConfigPage::new(self.layout, self.plugin, Some(&form))
    }
}

/// The form as it was typed, and as the button that was pressed changed it. Without a button, as if
/// “show” were pressed, which changes nothing: so the form comes back though nothing is wrong.
fn typed(compiled: &Compiled, stored: &Value, posted: &Posted) -> Form {
    let mut pairs = posted.pairs().to_vec();
    if !presses_a_button(posted) {
        pairs.push(("action".to_owned(), "show ".to_owned()));
    }
    match schema::post(compiled, stored, &pairs) {
        Answer::Show(form) | Answer::Refuse(form) => form,
        Answer::Save(saved) => schema::render(compiled, &saved.value),
    }
}
