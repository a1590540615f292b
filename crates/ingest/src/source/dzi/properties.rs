//! Reads the XML files of properties beside the tiles of Deep Zoom images.

use crate::source::{PixelSize, is_positive};
use quick_xml::Reader;
use quick_xml::events::Event;
use std::collections::HashMap;

/// Names of the property with the magnification.
const OBJECTIVE: [&str; 3] = ["openslide.objective-power", "aperio.AppMag", "ObjectiveMagnification"];

/// The scan parameters among the properties that `vips dzsave` writes beside the
/// tiles, or among those of an SZI.
#[derive(Debug, Default, PartialEq)]
pub(super) struct ScanProperties {
    pub mpp: Option<PixelSize>,
    /// Magnification of the objective.
    pub objective: Option<f64>,
}

impl ScanProperties {
    /// Reads the properties before the first error in the XML, if there is one.
    pub fn parse(xml: &str) -> Self {
        let properties = Properties::parse(xml);
        let mpp = properties.micrometres("x").zip(properties.micrometres("y"));
        let objective = OBJECTIVE.iter().find_map(|name| properties.number(name));
        Self {
            mpp: mpp.and_then(|(x, y)| PixelSize::plausible(x, y)),
            objective: objective.filter(is_positive),
        }
    }
}

/// Properties by name.
struct Properties(HashMap<String, String>);

impl Properties {
    fn parse(xml: &str) -> Self {
        let mut reader = Reader::from_str(xml);
        let mut properties = HashMap::new();
        let (mut element, mut name) = (String::new(), String::new());
        while let Ok(event) = reader.read_event() {
            match event {
                Event::Start(tag) => tag.local_name().as_ref().clone_into(&mut element),
                Event::End(_) => element.clear(),
                Event::Text(text) if element == "name" => name = text.xml10_content().trim().to_owned(),
                Event::Text(text) if element == "value" => {
                    properties.insert(std::mem::take(&mut name), text.xml10_content().trim().to_owned());
                }
                Event::Eof => break,
                _ => {}
            }
        }
        Self(properties)
    }

    fn number(&self, name: &str) -> Option<f64> {
        self.0.get(name)?.parse().ok()
    }

    /// Micrometres per pixel along `axis`, `x` or `y`.
    fn micrometres(&self, axis: &str) -> Option<f64> {
        self.number(&format!("openslide.mpp-{axis}"))
            .or_else(|| self.number("aperio.MPP"))
            .or_else(|| self.number(&format!("MicronsPerPixel{}", axis.to_uppercase())))
            // vips gives pixels per millimetre.
            .or_else(|| Some(1000.0 / self.number(&format!("{axis}res"))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn property(name: &str, value: &str) -> String {
        format!("<property><name>{name}</name><value type=\"x\">{value}</value></property>")
    }

    fn scan_properties(properties: &str) -> (Option<PixelSize>, Option<f64>) {
        let ScanProperties { mpp, objective } =
            ScanProperties::parse(&format!("<image>{properties}</image>"));
        (mpp, objective)
    }

    #[test]
    fn properties_give_pixel_size_and_magnification() {
        let plain = property("xres", "4000") + &property("yres", "2000");
        assert_eq!(scan_properties(&plain), (Some(PixelSize { x: 0.25, y: 0.5 }), None));
        let aperio = plain + &property("aperio.MPP", "0.26") + &property("aperio.AppMag", "40");
        assert_eq!(scan_properties(&aperio), (Some(PixelSize { x: 0.26, y: 0.26 }), Some(40.0)));
        let szi = property("MicronsPerPixel", "9")
            + &property("MicronsPerPixelX", "0.4")
            + &property("MicronsPerPixelY", "0.5")
            + &property("ObjectiveMagnification", "20");
        assert_eq!(scan_properties(&szi), (Some(PixelSize { x: 0.4, y: 0.5 }), Some(20.0)));
        assert_eq!(ScanProperties::parse("<image><property>"), ScanProperties::default());
    }
}
