//! Files of microscopes, with secrets in the texts that describe them.

use crate::container::{Field, TiffWriter};
use crate::jpeg;
use crate::secrets::secret;
use crate::slides::{Planted, texts};

/// Size of a plane in pixels.
const WIDTH: u32 = 120;
const HEIGHT: u32 = 80;

impl Planted {
    /// An OME-TIFF of two channels with names. Its second focal plane is in another file.
    pub fn channels() -> Self {
        let [image, text, channel] = ["image", "description", "channel"].map(secret);
        let own = format!("<UUID FileName=\"{}\">urn:uuid:own</UUID>", secret("own"));
        let other = format!("<UUID FileName=\"{}\">urn:uuid:other</UUID>", secret("other"));
        let xml = format!(
            "<?xml version=\"1.0\"?><OME UUID=\"urn:uuid:own\" Creator=\"{}\">\
            <Image ID=\"Image:0\" Name=\"{image}\"><Description>{text}</Description>\
            <Pixels SizeX=\"{WIDTH}\" SizeY=\"{HEIGHT}\" SizeC=\"2\" SizeZ=\"2\" SizeT=\"1\" \
            DimensionOrder=\"XYCZT\" Type=\"uint8\" PhysicalSizeX=\"250\" PhysicalSizeXUnit=\"nm\">\
            <Channel Name=\"{channel}\" Color=\"65535\"/><Channel Name=\"{channel}\" Color=\"16711935\"/>\
            <TiffData IFD=\"0\" FirstC=\"0\">{own}</TiffData>\
            <TiffData IFD=\"1\" FirstC=\"1\">{own}</TiffData>\
            <TiffData IFD=\"0\" FirstZ=\"1\" PlaneCount=\"2\">{other}</TiffData>\
            </Pixels></Image></OME>",
            secret("creator")
        );
        Self::new("ome.tif", planes(&xml, 2))
    }

    /// An OME-TIFF whose document is in another file.
    pub fn companion() -> Self {
        let file = secret("companion");
        let xml =
            format!("<OME><BinaryOnly UUID=\"urn:uuid:a\" MetadataFile=\"{file}.companion.ome\"/></OME>");
        Self::new("ome.tif", planes(&xml, 1))
    }

    /// An OME-TIFF whose document has elements that do not fit together.
    pub fn broken() -> Self {
        let xml = format!("<OME><Image><{}></{}></Image></OME>", secret("element"), secret("end"));
        Self::new("ome.tif", planes(&xml, 1))
    }

    /// A stack of ImageJ.
    pub fn stack() -> Self {
        let [info, label] = ["info", "label"].map(secret);
        let lines = ["ImageJ=1.53t", "images=2", "slices=2", "loop=false"].join("\n");
        Self::new("tif", planes(&format!("{lines}\nInfo={info}\nlabels={label}\n{label}\n"), 2))
    }
}

/// A TIFF of gray planes. The first has this description, and other texts.
fn planes(description: &str, count: u32) -> Vec<u8> {
    let mut writer = TiffWriter::new();
    for number in 0..count {
        let colours = jpeg::pixels(31 * number, 0, WIDTH, HEIGHT);
        let samples: Vec<u8> = colours.into_iter().step_by(3).collect();
        let offset = writer.append(&samples);
        let mut fields = Field::of_gray(WIDTH, HEIGHT, offset);
        if number == 0 {
            fields.push(Field::text(270, description));
            fields.extend(texts());
        }
        writer.directory(fields);
    }
    writer.finish()
}
