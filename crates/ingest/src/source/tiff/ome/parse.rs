//! Parses OME-XML.

use super::{FileReference, OmeChannel, OmeDocument, OmeImage, OmePixels, Plane, PlaneOrder, TiffData};
use crate::source::is_positive;
use quick_xml::events::{BytesStart, Event};
use quick_xml::{Error, Reader, XmlVersion};
use std::borrow::Cow;
use std::str::FromStr;

/// Maximum number of images of a document; plates have thousands.
const MAX_IMAGES: usize = 10_000;
/// Maximum number of objectives; instruments have a few.
const MAX_OBJECTIVES: usize = 1000;
/// Maximum number of elements that are kept, about 100 bytes each.
const MAX_ELEMENTS: usize = 200_000;

impl OmeDocument {
    /// Whether a text is a document, judging by its root element.
    pub fn is_begun_by(text: &str) -> bool {
        let text = beginning(text);
        if !text.starts_with('<') {
            return false;
        }
        let mut reader = Reader::from_str(text);
        loop {
            match reader.read_event() {
                Ok(Event::Start(root)) => return root.local_name().into_inner() == "OME",
                Ok(Event::Text(text)) if !text.trim().is_empty() => return false,
                Ok(
                    Event::Text(_) | Event::Decl(_) | Event::Comment(_) | Event::PI(_) | Event::DocType(_),
                ) => {}
                Ok(_) | Err(_) => return false,
            }
        }
    }

    /// Parses a document; `None` if the text is not OME-XML. What comes before the first
    /// error in the XML is kept.
    pub fn parse(text: &str) -> Option<Self> {
        if !Self::is_begun_by(text) {
            return None;
        }
        let text = beginning(text);
        let mut parser = Parser::default();
        let fault = parser.read(text).err();
        Some(OmeDocument { fault, ..parser.finish() })
    }
}

/// A document while it is read.
#[derive(Default)]
struct Parser {
    document: OmeDocument,
    /// Ids and magnifications of objectives.
    objectives: Vec<(String, f64)>,
    /// For each image the id of its objective.
    settings: Vec<String>,
    /// The element whose text comes next, if the text matters.
    text_of: TextOf,
    elements: usize,
}

/// Elements whose text matters.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum TextOf {
    #[default]
    Other,
    Uuid,
    /// In documents of 2008 and before.
    Magnification,
}

impl Parser {
    /// Reads a document.
    ///
    /// # Errors
    /// Why it cannot be read to its end, as a phrase.
    fn read(&mut self, text: &str) -> Result<(), String> {
        let mut reader = Reader::from_str(text);
        let mut is_open = false;
        loop {
            match reader.read_event().map_err(|error| malformed(&reader, &error))? {
                // Annotations may hold anything, even another document.
                Event::Start(tag) if tag.local_name().into_inner() == "StructuredAnnotations" => {
                    reader.read_to_end(tag.name()).map_err(|error| malformed(&reader, &error))?;
                }
                Event::Start(tag) => {
                    is_open = true;
                    self.begin(&tag)?;
                }
                Event::Empty(tag) => {
                    self.begin(&tag)?;
                    self.text_of = TextOf::Other;
                }
                Event::Text(text) => self.text(text.xml10_content().trim()),
                Event::End(tag) => {
                    self.text_of = TextOf::Other;
                    if tag.local_name().into_inner() == "OME" {
                        return Ok(());
                    }
                }
                Event::Eof if is_open => return Err("is cut short".into()),
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// Takes an element's attributes.
    fn begin(&mut self, tag: &BytesStart<'_>) -> Result<(), String> {
        self.text_of = TextOf::Other;
        let name = tag.local_name().into_inner();
        match name {
            "OME" => self.document.uuid = text(tag, "UUID"),
            "BinaryOnly" => {
                tracing::debug!(file = %text(tag, "MetadataFile"), "the OME-XML is in another file");
                return Err("is in another file".into());
            }
            "Objective" => {
                let magnification = number(tag, "NominalMagnification");
                let magnification = magnification.or_else(|| number(tag, "CalibratedMagnification"));
                self.objectives.push((text(tag, "ID"), magnification.unwrap_or(0.0)));
            }
            "NominalMagnification" => self.text_of = TextOf::Magnification,
            "Image" => {
                self.document.images.push(OmeImage { name: text(tag, "Name"), ..OmeImage::default() });
                self.settings.push(String::new());
            }
            "ObjectiveSettings" | "ObjectiveRef" => {
                if let Some(id) = self.settings.last_mut() {
                    *id = text(tag, "ID");
                }
            }
            "Pixels" | "Channel" | "TiffData" | "UUID" => self.begin_in_image(name, tag),
            _ => return Ok(()),
        }
        self.elements += 1;
        let is_within_limits = self.elements <= MAX_ELEMENTS
            && self.document.images.len() <= MAX_IMAGES
            && self.objectives.len() <= MAX_OBJECTIVES;
        if is_within_limits { Ok(()) } else { Err("has too many elements".into()) }
    }

    /// Takes the attributes of an element within an image.
    fn begin_in_image(&mut self, name: &str, tag: &BytesStart<'_>) {
        let Some(OmeImage { pixels, .. }) = self.document.images.last_mut() else { return };
        match name {
            // Old documents may have others, which are derived from the first.
            "Pixels" if pixels.size_x == 0 => *pixels = OmePixels::of(tag),
            "Channel" => pixels.channels.push(OmeChannel::of(tag)),
            "TiffData" => pixels.data.push(TiffData::of(tag)),
            "UUID" => {
                if let Some(data) = pixels.data.last_mut() {
                    data.file = Some(FileReference { uuid: String::new(), name: text(tag, "FileName") });
                    self.text_of = TextOf::Uuid;
                }
            }
            _ => {}
        }
    }

    fn text(&mut self, text: &str) {
        match self.text_of {
            TextOf::Other => {}
            TextOf::Magnification => {
                if let Some((_, magnification)) = self.objectives.last_mut() {
                    *magnification = text.parse().unwrap_or(0.0);
                }
            }
            TextOf::Uuid => {
                let data = self.document.images.last_mut().and_then(|image| image.pixels.data.last_mut());
                if let Some(file) = data.and_then(|data| data.file.as_mut()) {
                    text.clone_into(&mut file.uuid);
                }
            }
        }
    }

    /// The document, with what elements refer to.
    fn finish(mut self) -> OmeDocument {
        for (image, id) in self.document.images.iter_mut().zip(&self.settings) {
            let objective = match &self.objectives[..] {
                [only] if id.is_empty() => Some(only),
                objectives => objectives.iter().find(|(other, _)| other == id),
            };
            image.pixels.objective = objective.map(|(_, magnification)| *magnification).filter(is_positive);
        }
        let data = self.document.images.iter().flat_map(|image| &image.pixels.data);
        let mut files = data.filter_map(|data| data.file.as_ref());
        let first = files.next();
        let has_several_files = files.any(|file| Some(file) != first);
        OmeDocument { has_several_files, ..self.document }
    }
}

impl OmePixels {
    fn of(tag: &BytesStart<'_>) -> Self {
        let [x, y] = ["PhysicalSizeX", "PhysicalSizeY"].map(|name| Length::of(tag, name));
        // If only one is given, pixels are square.
        let both = x.clone().or_else(|| y.clone()).zip(y.or(x));
        let (physical_size, units) = both.map(|(x, y)| ((x.value, y.value), (x.unit, y.unit))).unzip();
        let [size_z, size_c, size_t] =
            ["SizeZ", "SizeC", "SizeT"].map(|name| integer(tag, name).unwrap_or(1).max(1));
        Self {
            size_x: integer(tag, "SizeX").unwrap_or(0),
            size_y: integer(tag, "SizeY").unwrap_or(0),
            size_z,
            size_c,
            size_t,
            order: PlaneOrder::parse(&text(tag, "DimensionOrder")),
            significant_bits: integer(tag, "SignificantBits").filter(|&bits: &u8| bits > 0),
            physical_size,
            units: units.unwrap_or_default(),
            objective: None,
            channels: Vec::new(),
            data: Vec::new(),
        }
    }
}

/// A positive length.
#[derive(Clone)]
struct Length {
    value: f64,
    unit: String,
}

impl Length {
    /// That of an attribute, whose unit is in one of its own; µm without one.
    fn of(tag: &BytesStart<'_>, name: &str) -> Option<Self> {
        let value = number(tag, name)?;
        let unit = text(tag, &format!("{name}Unit"));
        Some(Self { value, unit: if unit.is_empty() { "µm".into() } else { unit } })
    }
}

impl OmeChannel {
    fn of(tag: &BytesStart<'_>) -> Self {
        Self {
            name: text(tag, "Name"),
            colour: Self::colour(&text(tag, "Color")),
            samples: integer(tag, "SamplesPerPixel").unwrap_or(1).max(1),
        }
    }
}

impl TiffData {
    fn of(tag: &BytesStart<'_>) -> Self {
        let [channel, plane, frame] =
            ["FirstC", "FirstZ", "FirstT"].map(|name| integer(tag, name).unwrap_or(0));
        Self {
            directory: integer(tag, "IFD"),
            first: Plane { channel, plane, frame },
            count: integer(tag, "PlaneCount").or_else(|| integer(tag, "NumPlanes")),
            file: None,
        }
    }
}

/// What is said of an error in the XML. The error's own text is only for the log: it quotes
/// the document.
fn malformed(reader: &Reader<&[u8]>, error: &Error) -> String {
    // Not every error has a position.
    let byte = match reader.error_position() {
        0 => reader.buffer_position(),
        byte => byte,
    };
    tracing::debug!(byte, "the OME-XML is not well-formed: {error}");
    format!("is not well-formed at byte {byte}")
}

/// A text without what may stand before XML.
fn beginning(text: &str) -> &str {
    text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n'])
}

/// The value of an attribute, whatever its prefix; empty if there is none.
fn text(tag: &BytesStart<'_>, name: &str) -> String {
    let mut attributes = tag.attributes();
    let attribute = attributes
        .with_checks(false)
        .map_while(Result::ok)
        .find(|attribute| attribute.key.local_name().into_inner() == name);
    let Some(attribute) = attribute else { return String::new() };
    let value = attribute.normalized_value(XmlVersion::Implicit1_0);
    value.map_or_else(|_| attribute.value.to_string(), Cow::into_owned)
}

fn integer<N: FromStr>(tag: &BytesStart<'_>, name: &str) -> Option<N> {
    text(tag, name).trim().parse().ok()
}

/// A positive number; some write it with a decimal comma.
fn number(tag: &BytesStart<'_>, name: &str) -> Option<f64> {
    text(tag, name).trim().replace(',', ".").parse().ok().filter(is_positive)
}
