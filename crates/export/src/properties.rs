//! The two small XML files of a Deep Zoom pyramid.

use origami_pack::Pack;
use origami_pyramid::Size;
use std::fmt::Write;

/// The Deep Zoom descriptor.
pub(crate) fn descriptor(pack: &Pack) -> String {
    let (Size { width, height }, tile_size) = (pack.pyramid().size(), pack.pyramid().tile_size());
    format!(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<Image xmlns="http://schemas.microsoft.com/deepzoom/2008" Format="jpg" Overlap="0" TileSize="{tile_size}">
  <Size Width="{width}" Height="{height}"/>
</Image>
"#
    )
}

/// Name of the file that contains [`scan_properties`].
pub(crate) const SCAN_PROPERTIES: &str = "scan-properties.xml";

/// Properties of the scan in the format of SZI (version 1.2, section 3.4): pixels,
/// micrometres per pixel, magnification.
pub(crate) fn scan_properties(pack: &Pack) -> String {
    let (Size { width, height }, metadata) = (pack.pyramid().size(), pack.metadata());
    let mut properties = vec![("ImageWidth", f64::from(width)), ("ImageHeight", f64::from(height))];
    if let Some([x, y]) = metadata.mpp {
        properties.extend([
            ("MicronsPerPixel", f64::midpoint(x, y)),
            ("MicronsPerPixelX", x),
            ("MicronsPerPixelY", y),
        ]);
    }
    properties.extend(metadata.objective.map(|objective| ("ObjectiveMagnification", objective)));
    let mut xml = String::from(
        r#"<?xml version="1.0" encoding="UTF-8"?>
<image xmlns="http://www.pathozoom.com/szi" version="1.0">
  <properties>
"#,
    );
    for (name, value) in properties {
        let _ = writeln!(xml, "    <property><name>{name}</name><value>{value}</value></property>");
    }
    xml.push_str("  </properties>\n</image>\n");
    xml
}
