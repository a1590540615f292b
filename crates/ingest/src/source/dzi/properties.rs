//! Reads the XML files of properties beside the tiles of Deep Zoom images.

use crate::source::scale::Scale;
use quick_xml::Reader;
use quick_xml::escape::resolve_predefined_entity;
use quick_xml::events::{BytesRef, Event};
use std::collections::HashMap;

/// The pixel size and magnification among the properties that `vips dzsave` writes
/// beside the tiles, or among those of an SZI. Those after an error in the XML do not
/// count.
pub(super) fn scale(xml: &str) -> Scale {
    let properties = properties(xml);
    Scale::of_properties(|name| properties.get(name).cloned())
}

/// Properties by name.
fn properties(xml: &str) -> HashMap<String, String> {
    let mut reader = Reader::from_str(xml);
    let mut properties = HashMap::new();
    // The text of the element that is being read, which references divide.
    let (mut name, mut text) = (String::new(), String::new());
    while let Ok(event) = reader.read_event() {
        match event {
            Event::Start(_) => text.clear(),
            Event::Text(part) => text.push_str(&part.xml10_content()),
            Event::CData(part) => text.push_str(&part.xml10_content()),
            Event::GeneralRef(reference) => text.extend(referenced(&reference)),
            Event::End(tag) => match tag.local_name().as_ref() {
                "name" => text.trim().clone_into(&mut name),
                "value" => {
                    properties.insert(std::mem::take(&mut name), text.trim().to_owned());
                }
                _ => {}
            },
            Event::Eof => break,
            _ => {}
        }
    }
    properties
}

/// The characters that a reference stands for.
fn referenced(reference: &BytesRef<'_>) -> Option<String> {
    if let Ok(Some(character)) = reference.resolve_char_ref() {
        return Some(character.to_string());
    }
    resolve_predefined_entity(&reference.xml10_content()).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::PixelSize;

    fn property(name: &str, value: &str) -> String {
        format!("<property><name>{name}</name><value type=\"x\">{value}</value></property>")
    }

    #[test]
    fn properties_give_pixel_size_and_magnification() {
        let vips = property("xres", "4000") + &property("yres", "2000");
        let mpp = Some(PixelSize { x: 0.25, y: 0.5 });
        assert_eq!(scale(&format!("<image>{vips}</image>")), Scale { mpp, objective: None });
        let szi = property("MicronsPerPixelX", "0.4")
            + &property("MicronsPerPixelY", "0.4")
            + &property("ObjectiveMagnification", "<![CDATA[20]]>");
        let mpp = Some(PixelSize { x: 0.4, y: 0.4 });
        assert_eq!(scale(&format!("<image>{szi}</image>")), Scale { mpp, objective: Some(20.0) });
        assert_eq!(scale("<image><property>"), Scale::default());
    }

    #[test]
    fn references_do_not_cut_a_value() {
        let xml = property("image-description", "Aperio &lt;A&amp;B&gt;&#13;&#10;100x100|MPP = 0.5");
        assert_eq!(properties(&xml)["image-description"], "Aperio <A&B>\r\n100x100|MPP = 0.5");
    }
}
