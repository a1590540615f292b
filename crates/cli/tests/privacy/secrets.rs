//! The secrets, and the search for them.

/// What every secret begins with. The place where it was planted follows.
pub const PREFIX: &str = "Doe-Jane-";

/// The secret that is planted in a place, which is named in lower case.
pub fn secret(place: &str) -> String {
    format!("{PREFIX}{place}")
}

/// A text in UTF-16, the lower byte first.
pub fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

/// The places of the secrets that are in `bytes`, each once, as ASCII (in any case) or in
/// UTF-16. `folder` is a name that is secret as well.
pub fn found_in(bytes: &[u8], folder: &str) -> Vec<String> {
    let every_second = [bytes.iter().step_by(2), bytes.get(1..).unwrap_or_default().iter().step_by(2)]
        .map(|half| half.copied().collect::<Vec<u8>>());
    // The bytes of UTF-16 in either order, at even and at odd places.
    let texts = [bytes.to_vec()].into_iter().chain(every_second);
    let mut places: Vec<String> = texts.flat_map(|text| places(&text, folder)).collect();
    places.sort();
    places.dedup();
    places
}

fn places(text: &[u8], folder: &str) -> Vec<String> {
    let mut places = Vec::new();
    for start in starts(text, PREFIX) {
        let place = text[start + PREFIX.len()..].iter().take_while(|byte| byte.is_ascii_alphabetic());
        places.push(place.map(|&byte| char::from(byte.to_ascii_lowercase())).collect());
    }
    if starts(text, folder).next().is_some() {
        places.push("the folder of the slide".into());
    }
    places
}

/// Where `word` is in `text`, in any case.
fn starts(text: &[u8], word: &str) -> impl Iterator<Item = usize> {
    let windows = text.windows(word.len()).enumerate();
    windows.filter(move |(_, window)| window.eq_ignore_ascii_case(word.as_bytes())).map(|(start, _)| start)
}

#[test]
fn secrets_are_found_in_every_encoding() {
    let text = secret("artist");
    let big_endian: Vec<u8> = text.encode_utf16().flat_map(u16::to_be_bytes).collect();
    let shifted = [&b"x"[..], &utf16(&text)].concat();
    for bytes in
        [text.clone().into_bytes(), text.to_uppercase().into_bytes(), utf16(&text), big_endian, shifted]
    {
        assert_eq!(found_in(&bytes, ".tmpFolder"), ["artist"]);
    }
    assert_eq!(found_in(b"/tmp/.tmpFolder/x", ".tmpFolder"), ["the folder of the slide"]);
    assert_eq!(found_in(b"Jane Doe", ".tmpFolder"), [""; 0]);
}
