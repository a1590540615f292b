//! Numbers of TIFF tags.

pub const WIDTH: u16 = 256;
pub const HEIGHT: u16 = 257;
pub const BITS_PER_SAMPLE: u16 = 258;
pub const COMPRESSION: u16 = 259;
pub const PHOTOMETRIC: u16 = 262;
pub const DESCRIPTION: u16 = 270;
pub const SAMPLES_PER_PIXEL: u16 = 277;
pub const X_RESOLUTION: u16 = 282;
pub const Y_RESOLUTION: u16 = 283;
pub const PLANAR_CONFIGURATION: u16 = 284;
pub const RESOLUTION_UNIT: u16 = 296;
pub const SOFTWARE: u16 = 305;
pub const TILE_WIDTH: u16 = 322;
pub const TILE_HEIGHT: u16 = 323;
pub const TILE_OFFSETS: u16 = 324;
pub const TILE_BYTE_COUNTS: u16 = 325;
pub const JPEG_TABLES: u16 = 347;
pub const XMP: u16 = 700;
