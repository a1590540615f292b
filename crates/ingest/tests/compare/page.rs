//! The page of a comparison.

use crate::compared::ComparedPack;
use origami_pack::Mode;
use origami_quality::compare::{decibels, html};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::BTreeSet;

/// Parses the page as XML and returns its elements' names.
fn element_names(page: &str) -> BTreeSet<String> {
    let mut reader = Reader::from_str(page);
    reader.config_mut().check_end_names = true;
    let (mut names, mut depth) = (BTreeSet::new(), 0);
    loop {
        let event = reader.read_event().unwrap_or_else(|error| panic!("{error} in {page}"));
        if let Event::Start(element) | Event::Empty(element) = &event {
            names.insert(element.name().as_ref().to_owned());
            assert!(element.attributes().all(|attribute| attribute.is_ok()));
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0, "every element ends");
    names
}

/// The page without the data of its pictures.
fn without_data(page: &str) -> String {
    let mut parts = page.split("base64,");
    let mut rest = parts.next().unwrap().to_owned();
    for part in parts {
        // The data end at the quote.
        rest.push_str(&part[part.find('"').unwrap()..]);
    }
    rest
}

#[test]
fn slides_of_every_shape_have_a_well_formed_page() {
    for (width, height) in [(1, 1), (2, 1), (3, 1), (1, 500), (65, 63), (7, 200)] {
        for mode in [Mode::Luma, Mode::Stored] {
            let compared = ComparedPack::of_picture(width, height, mode);
            let comparison = compared.compare(10);
            assert_eq!(comparison.levels.len() as u32, compared.pack.pyramid().level_count());
            element_names(&html(&comparison));
        }
    }
}

#[test]
fn names_on_the_page_are_escaped() {
    let mut comparison = ComparedPack::of_picture(300, 200, Mode::Luma).compare(1000);
    let expected = element_names(&html(&comparison));
    comparison.pack.path = "packs/<script>alert('1')&\"\u{7}.origami".into();
    let source = comparison.source.as_mut().unwrap();
    source.name = Some("<img src='x'>".into());
    source.format = "</style><script>".into();
    let page = html(&comparison);
    let names = element_names(&page);
    assert_eq!(names, expected, "no name became an element");
    assert!(names.contains("img") && !names.contains("script"), "{names:?}");
    assert!(page.contains("&lt;script&gt;alert") && page.contains("&lt;/style&gt;"));
    assert!(!page.contains("<script") && !page.contains('\u{7}'));
    assert_loads_nothing(&page);
}

fn assert_loads_nothing(page: &str) {
    let page = without_data(page);
    for loads in ["http:", "https:", "//", "url(", "@import", "<link", "srcset"] {
        assert!(!page.contains(loads), "{loads}");
    }
}

#[test]
fn the_page_shows_the_worst_tiles_and_loads_nothing() {
    let comparison = ComparedPack::of_picture(300, 200, Mode::Luma).compare(1000);
    let page = html(&comparison);
    for tile in comparison.quality.iter().flat_map(|level| &level.worst) {
        assert!(page.contains(&format!("Tile {}/{}/{}", tile.z, tile.x, tile.y)));
    }
    assert!(page.contains("data:image/jpeg;base64,/9j/") && page.contains("data:image/webp;base64,UklGR"));
    assert_loads_nothing(&page);
}

#[test]
fn decibels_beyond_the_scale_are_shown_as_such() {
    assert_eq!([99.0, 98.96, 41.04].map(decibels), ["99+", "99.0", "41.0"]);
}
