// Numbers, lengths and sizes as text for people. Pure functions that work without a page.

const grouped = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 });

/** Rounds to `digits` significant digits and drops trailing zeros. */
function significant(value, digits) {
  return String(Number(value.toPrecision(digits)));
}

/** A whole number with thousands separators. */
export function count(value) {
  return grouped.format(value);
}

/** A number of bytes with a decimal prefix: 1,938,955 is "1.94 MB". */
export function bytes(value) {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  let scaled = value;
  while (scaled >= 999.5 && unit < units.length - 1) {
    scaled /= 1000;
    unit += 1;
  }
  return `${unit === 0 ? scaled : significant(scaled, 3)} ${units[unit]}`;
}

/** A length given in micrometres, in the unit that makes it short: nm, µm, mm or cm. */
export function length(micrometres, digits = 3) {
  const size = Math.abs(micrometres);
  if (size !== 0 && size < 1) return `${significant(micrometres * 1000, digits)} nm`;
  if (size < 1000) return `${significant(micrometres, digits)} µm`;
  if (size < 100_000) return `${significant(micrometres / 1000, digits)} mm`;
  return `${significant(micrometres / 10_000, digits)} cm`;
}

/** A slide's width × height in pixels. */
export function pixels(slide) {
  return `${count(slide.width)} × ${count(slide.height)} px`;
}

/** A slide's width × height in millimetres, or null if its pixel size is unknown. */
export function millimetres(slide) {
  if (!slide.mpp) return null;
  const [width, height] = [slide.width * slide.mpp[0], slide.height * slide.mpp[1]];
  return `${significant(width / 1000, 3)} × ${significant(height / 1000, 3)} mm`;
}

/** A slide's micrometres per pixel, as one number if both directions agree, or null if unknown. */
export function pixelSize(slide) {
  if (!slide.mpp) return null;
  const [x, y] = slide.mpp.map((mpp) => significant(mpp, 4));
  return x === y ? `${x} µm/px` : `${x} × ${y} µm/px`;
}

/** A magnification or objective power such as "20×". */
export function power(value) {
  return `${significant(value, 3)}×`;
}

/** The difference of `size` from `reference` in percent, such as "−38 %". */
export function saving(size, reference) {
  if (!reference) return "–";
  const percent = Math.round((size / reference - 1) * 100);
  const signs = { "-1": "−", 0: "", 1: "+" };
  return `${signs[Math.sign(percent)]}${Math.abs(percent)}\u00a0%`;
}

/** The magnification that a slide was scanned with: "20×", or "about 40×" if its pixel size suggests it; or null. */
export function magnification(slide) {
  if (!slide.magnification) return null;
  const text = power(slide.magnification.power);
  return slide.magnification.derived ? `about ${text}` : text;
}

/** An area given in square micrometres, in the unit that makes it short: µm² or mm². */
export function area(squareMicrometres, digits = 3) {
  const size = Math.abs(squareMicrometres);
  if (size < 1000) return `${significant(squareMicrometres, digits)} µm²`;
  if (size < 100_000) return `${count(Number(squareMicrometres.toPrecision(digits)))} µm²`;
  return `${significant(squareMicrometres / 1e6, digits)} mm²`;
}

/** A message of the server as a sentence: with a capital letter and a full stop. */
export function sentence(message) {
  const text = message.trim();
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;
}
