//! Reads properties by name: those that OpenSlide reports, and those that libvips and
//! SZI files have in XML beside the tiles of a Deep Zoom image.

use super::length::{CENTIMETRE, INCH, MILLIMETRE};
use super::number::{magnification, number};
use super::{Density, Scale, aperio};
use crate::source::{PixelSize, is_positive};

/// Names of the property with the magnification.
const OBJECTIVE: [&str; 3] = ["openslide.objective-power", "aperio.AppMag", "ObjectiveMagnification"];

/// Names of the property with the description of a TIFF.
const DESCRIPTION: [&str; 3] = ["tiff.ImageDescription", "image-description", "openslide.comment"];

/// Properties by name.
struct Properties<L>(L);

impl Scale {
    /// What the properties say of which `lookup` gives the value.
    pub fn of_properties(lookup: impl Fn(&str) -> Option<String>) -> Self {
        let properties = Properties(lookup);
        Self { mpp: properties.pixel_size(), objective: properties.objective() }
    }
}

impl<L: Fn(&str) -> Option<String>> Properties<L> {
    fn number(&self, name: &str) -> Option<f64> {
        number(&(self.0)(name)?)
    }

    fn description(&self) -> Option<String> {
        DESCRIPTION.iter().find_map(|name| (self.0)(name))
    }

    /// The first plausible pixel size.
    fn pixel_size(&self) -> Option<PixelSize> {
        self.micrometres("openslide.mpp-x", "openslide.mpp-y")
            .or_else(|| self.micrometres("aperio.MPP", "aperio.MPP"))
            .or_else(|| self.micrometres("MicronsPerPixelX", "MicronsPerPixelY"))
            .or_else(|| aperio::pixel_size(&self.description()?))
            .or_else(|| self.tiff_density()?.pixel_size())
            .or_else(|| self.vips_density()?.pixel_size())
    }

    /// The pixel size that two properties give.
    fn micrometres(&self, x: &str, y: &str) -> Option<PixelSize> {
        PixelSize::plausible(self.number(x)?, self.number(y)?)
    }

    /// The resolution tags of a TIFF, as OpenSlide reports them.
    fn tiff_density(&self) -> Option<Density> {
        let unit = match (self.0)("tiff.ResolutionUnit").as_deref() {
            Some("inch") | None => Some(INCH),
            Some("centimeter") => Some(CENTIMETRE),
            Some(_) => None,
        };
        Some(Density { x: self.number("tiff.XResolution")?, y: self.number("tiff.YResolution")?, unit })
    }

    /// What libvips knows, whatever it was read from.
    fn vips_density(&self) -> Option<Density> {
        Some(Density { x: self.number("xres")?, y: self.number("yres")?, unit: Some(MILLIMETRE) })
    }

    fn objective(&self) -> Option<f64> {
        let named = OBJECTIVE.iter().find_map(|name| magnification(&(self.0)(name)?).filter(is_positive));
        named.or_else(|| aperio::objective(&self.description()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scale(properties: &[(&str, &str)]) -> (Option<PixelSize>, Option<f64>) {
        let Scale { mpp, objective } = Scale::of_properties(|name| {
            properties.iter().find(|(known, _)| *known == name).map(|(_, value)| (*value).to_owned())
        });
        (mpp, objective)
    }

    fn square(mpp: f64) -> Option<PixelSize> {
        Some(PixelSize { x: mpp, y: mpp })
    }

    #[test]
    fn each_kind_of_property_gives_the_pixel_size() {
        let vips = [("xres", "4000"), ("yres", "2000")];
        assert_eq!(scale(&vips), (Some(PixelSize { x: 0.25, y: 0.5 }), None));
        let aperio = [vips[0], vips[1], ("aperio.MPP", "0,26"), ("aperio.AppMag", "40")];
        assert_eq!(scale(&aperio), (square(0.26), Some(40.0)));
        let szi = [
            ("MicronsPerPixel", "9"),
            ("MicronsPerPixelX", "0.4"),
            ("MicronsPerPixelY", "0.5"),
            ("ObjectiveMagnification", "20"),
        ];
        assert_eq!(scale(&szi), (Some(PixelSize { x: 0.4, y: 0.5 }), Some(20.0)));
        let described = [("image-description", "Aperio Image Library|AppMag = 20|MPP = 0.5")];
        assert_eq!(scale(&described), (square(0.5), Some(20.0)));
        assert_eq!(scale(&[]), (None, None));
    }

    #[test]
    fn resolution_tags_count_where_openslide_makes_nothing_of_them() {
        let tags = [("tiff.XResolution", "40000"), ("tiff.YResolution", "40000")];
        assert_eq!(scale(&[tags[0], tags[1], ("tiff.ResolutionUnit", "centimeter")]), (square(0.25), None));
        assert_eq!(scale(&[tags[0], tags[1], ("tiff.ResolutionUnit", "inch")]), (square(0.635), None));
        assert_eq!(scale(&[tags[0], tags[1], ("tiff.ResolutionUnit", "none")]), (None, None));
    }

    #[test]
    fn an_implausible_number_does_not_hide_a_plausible_one() {
        let properties = [
            ("openslide.mpp-x", "352.8"),
            ("openslide.mpp-y", "352.8"),
            ("openslide.objective-power", "0"),
            ("aperio.MPP", "0.499"),
            ("aperio.AppMag", "20"),
        ];
        assert_eq!(scale(&properties), (square(0.499), Some(20.0)));
    }
}
