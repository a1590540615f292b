//! One setting of the server, and how the values of each type are read and written.

use super::{pixels, public_url};
use Field::{
    AccessLog, AdminListen, Count, Effort, Folder, Interval, Io, Limit, Listen, OpenPacks, Otlp, OtlpSample,
    Packs, Pixels, PublicUrl, Quality, Size, Switch, Time, Warm,
};
use origami_server::{Config, memory_limit};
use origami_units::{duration, size};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// The field of [`Config`] that a setting sets, and so the type of its value.
pub enum Field {
    Packs,
    Listen,
    AdminListen,
    Warm,
    PublicUrl,
    AccessLog,
    Otlp,
    OtlpSample,
    Io,
    OpenPacks,
    Count(fn(&mut Config) -> &mut usize),
    Switch(fn(&mut Config) -> &mut bool),
    Time(fn(&mut Config) -> &mut Duration),
    /// A time that is not 0.
    Interval(fn(&mut Config) -> &mut Duration),
    Size(fn(&mut Config) -> &mut u64),
    /// A maximum number of things; 0 for any number.
    Limit(fn(&mut Config) -> &mut u64),
    /// A number of pixels.
    Pixels(fn(&mut Config) -> &mut u64),
    /// A quality of lossy formats.
    Quality(fn(&mut Config) -> &mut u8),
    /// How hard an encoder works.
    Effort(fn(&mut Config) -> &mut origami_render::Effort),
    /// A folder, or none.
    Folder(fn(&mut Config) -> &mut Option<PathBuf>),
}

/// One setting.
pub struct Setting {
    /// Its name in a file: `http_threads`.
    pub key: &'static str,
    /// Its heading in `--help`; empty for the usual ones, which `-h` shows too.
    pub group: &'static str,
    /// What it does, in a paragraph that fits a line, and perhaps more below that.
    pub help: &'static str,
    pub field: Field,
}

impl Setting {
    /// Whether most servers need it, so that `-h` shows it.
    pub fn is_usual(&self) -> bool {
        self.group.is_empty()
    }

    /// The name of its value in `--help`.
    pub fn value_name(&self) -> &'static str {
        match self.field {
            Packs => "PACKS",
            Listen | AdminListen => "ADDRESS",
            Warm => "SLIDES",
            PublicUrl | Otlp => "URL",
            AccessLog => "FORMAT",
            OtlpSample => "SHARE",
            Io => "HOW",
            OpenPacks | Count(_) | Limit(_) => "N",
            Pixels(_) => "PIXELS",
            Quality(_) => "QUALITY",
            Effort(_) => "EFFORT",
            Folder(_) => "DIR",
            Switch(_) => "BOOL",
            Time(_) | Interval(_) => "TIME",
            Size(_) => "SIZE",
        }
    }

    /// Parses a value and sets it; lists are separated by commas.
    pub fn set(&self, config: &mut Config, text: &str) -> Result<(), String> {
        match self.field {
            Packs => config.packs = text.into(),
            Listen => config.listen = address(text)?,
            AdminListen => {
                config.admin_listen = Some(text).filter(|text| !text.is_empty()).map(address).transpose()?;
            }
            Warm => {
                let ids = text.split(',').map(str::trim).filter(|id| !id.is_empty());
                config.warm = ids.map(Into::into).collect();
            }
            PublicUrl => config.public_url = public_url::parse(text)?,
            AccessLog => config.access_log = text.trim().parse()?,
            Otlp => {
                config.otlp =
                    Some(text).filter(|text| !text.trim().is_empty()).map(str::parse).transpose()?;
            }
            OtlpSample => config.otlp_sample = text.parse()?,
            Io => config.io = text.trim().parse()?,
            OpenPacks => config.open_packs = count(text)? as u64,
            Count(field) => *field(config) = count(text)?,
            Limit(field) => *field(config) = limit(text)?,
            Switch(field) => *field(config) = switch(text)?,
            Time(field) => *field(config) = duration::parse(text)?,
            Interval(field) => match duration::parse(text)? {
                time if time.is_zero() => return Err("expected more than 0".into()),
                time => *field(config) = time,
            },
            Size(field) => *field(config) = size::parse(text, memory_limit())?,
            Pixels(field) => *field(config) = pixels::parse(text)?,
            Quality(field) => *field(config) = quality(text)?,
            Effort(field) => *field(config) = text.trim().parse()?,
            Folder(field) => *field(config) = Some(text).filter(|text| !text.is_empty()).map(PathBuf::from),
        }
        Ok(())
    }

    /// The value as text that [`Self::set`] reads.
    pub fn get(&self, config: &Config) -> String {
        // A copy, because the functions return a mutable reference to the field.
        let config = &mut config.clone();
        match self.field {
            Packs => config.packs.to_string_lossy().into_owned(),
            Listen => config.listen.to_string(),
            AdminListen => config.admin_listen.map(|address| address.to_string()).unwrap_or_default(),
            Warm => config.warm.join(","),
            PublicUrl => config.public_url.clone().unwrap_or_default(),
            AccessLog => config.access_log.to_string(),
            Otlp => config.otlp.as_ref().map(ToString::to_string).unwrap_or_default(),
            OtlpSample => config.otlp_sample.to_string(),
            Io => config.io.to_string(),
            OpenPacks => config.open_packs.to_string(),
            Count(field) => field(config).to_string(),
            Limit(field) => field(config).to_string(),
            Switch(field) => field(config).to_string(),
            Time(field) | Interval(field) => duration::text(*field(config)),
            Size(field) => size::text(*field(config)),
            Pixels(field) => pixels::text(*field(config)),
            Quality(field) => field(config).to_string(),
            Effort(field) => field(config).to_string(),
            Folder(field) => field(config).as_deref().unwrap_or("".as_ref()).to_string_lossy().into_owned(),
        }
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim().parse().map_err(|_| "expected an address with a port, as in 127.0.0.1:8080".to_owned())
}

/// The most things that there may be; 0 for any number.
fn limit(text: &str) -> Result<u64, String> {
    text.trim().parse().map_err(|_| "expected a whole number, 0 for no limit".to_owned())
}

/// A number of threads or packs: at least one, and no more than can be meant.
fn count(text: &str) -> Result<usize, String> {
    match text.trim().parse::<usize>() {
        Ok(count @ 1..=65_536) => Ok(count),
        _ => Err("expected a whole number from 1 to 65536".into()),
    }
}

/// A quality of lossy formats.
fn quality(text: &str) -> Result<u8, String> {
    match text.trim().parse::<u8>() {
        Ok(quality @ 1..=100) => Ok(quality),
        _ => Err("expected a whole number from 1 to 100".into()),
    }
}

fn switch(text: &str) -> Result<bool, String> {
    match text.trim() {
        "true" | "yes" | "on" | "1" => Ok(true),
        "false" | "no" | "off" | "0" => Ok(false),
        _ => Err("expected true or false".into()),
    }
}
