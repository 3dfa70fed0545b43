//! The map of a project, and of all.

use actix_web::HttpResponse;
use actix_web::web::{Data, Path};

use super::views::MapPage;
use super::{Graph, store};
use crate::auth::Viewer;
use crate::db::Db;
use crate::error::Error;
use crate::page::{self, Layout, Wanted};
use crate::projects::labels::store as labels;
use crate::projects::store as projects;

/// GET `/projects/{id}/map`
pub async fn of_project(
    _: Viewer,
    db: Data<Db>,
    id: Path<String>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let project = projects::find(&db, &id).await?;
    let pairs = store::pairs(&db, Some(&id)).await?;
    let nodes = store::nodes(&db, Some(&id), &pairs).await?;
    let graph = Graph::of(nodes, &pairs);
    let labels = labels::of_tasks(&db, &graph.ids()).await?;
    let view = MapPage::new(layout, Some(project), graph, labels);
    page::page_or_part(wanted, &view, &view.as_map())
}

/// GET `/map`: what is tied to anything, of all projects.
pub async fn of_all(
    _: Viewer,
    db: Data<Db>,
    wanted: Wanted,
    layout: Layout,
) -> Result<HttpResponse, Error> {
    let pairs = store::pairs(&db, None).await?;
    let nodes = store::nodes(&db, None, &pairs).await?;
    let graph = Graph::of(nodes, &pairs);
    let labels = labels::of_tasks(&db, &graph.ids()).await?;
    let view = MapPage::new(layout, None, graph, labels);
    page::page_or_part(wanted, &view, &view.as_map())
}
