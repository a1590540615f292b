//! Routes by what they are for.

use super::figures::label_of;
use prometheus::proto::Metric;

/// What a route is for. Requests of one group take about as long as each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RouteGroup {
    /// Tiles of every protocol; IIIF's images, most of which are tiles, too.
    Tiles,
    /// Thumbnails, regions, labels.
    Pictures,
    /// What is said of slides, for programs.
    Descriptions,
    /// Pages, and the files that they load.
    Pages,
    /// For operators.
    Operating,
    /// What matches no route.
    Other,
}

impl RouteGroup {
    /// All of them.
    pub const ALL: [Self; 6] =
        [Self::Tiles, Self::Pictures, Self::Descriptions, Self::Pages, Self::Operating, Self::Other];

    /// Its name for people.
    pub fn name(self) -> &'static str {
        match self {
            Self::Tiles => "Tiles",
            Self::Pictures => "Thumbnails, regions, labels",
            Self::Descriptions => "Lists and descriptions",
            Self::Pages => "Pages and their files",
            Self::Operating => "Health and metrics",
            Self::Other => "Unknown addresses",
        }
    }

    /// The group of the route that metrics call `route`.
    fn of(route: &str) -> Self {
        match route {
            "tile" | "dzi_tile" | "xyz_tile" | "zoomify_tile" | "iris_tile" | "iiif_image" => Self::Tiles,
            "thumbnail" | "region" | "associated" => Self::Pictures,
            "slides" | "slide" | "neighbours" | "level_tiles" | "dzi" | "xyz" | "zoomify" | "iris"
            | "iiif_info" | "iiif_base" | "iiif_manifest" | "iiif_collection" => Self::Descriptions,
            "gallery" | "view" | "about" | "asset" | "openapi" => Self::Pages,
            "healthz" | "readyz" | "metrics" | "status" => Self::Operating,
            _ => Self::Other,
        }
    }

    /// Whether `metric` is of one of its routes.
    pub fn includes(self, metric: &Metric) -> bool {
        label_of(metric, "route").is_some_and(|route| Self::of(route) == self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::routes;

    #[test]
    fn every_route_has_a_group() {
        for name in routes::names() {
            assert_ne!(RouteGroup::of(name), RouteGroup::Other, "{name}");
        }
        assert_eq!(RouteGroup::of("other"), RouteGroup::Other);
    }
}
