// How tiles are drawn: with WebGL where a graphics card does it, otherwise on a plain canvas. WebGL in software, as on
// virtual machines and remote desktops, is several times slower than a canvas.

const DRAWERS = ["webgl", "canvas"];

/** Words in the names of renderers that run on the processor, or on a graphics card that only exists in a driver. */
const SOFTWARE = [
  "swiftshader",
  "swangle",
  "llvmpipe",
  "lavapipe",
  "softpipe",
  "swrast",
  "software",
  "basic render",
  "gdi generic",
  "google inc. \\(google\\)",
  "virtualbox",
  "vmware",
  "svga3d",
  "hyper-v",
  "remotefx",
  "citrix",
  "warp\\b",
];
const SOFTWARE_NAME = new RegExp(SOFTWARE.join("|"), "i");

/** Whether the name of a WebGL renderer, with or without that of its vendor, is one that runs in software. */
export function isSoftwareRenderer(name) {
  return SOFTWARE_NAME.test(name);
}

/** The names by which a context's vendor and renderer go. */
function rendererNames(gl) {
  const info = gl.getExtension("WEBGL_debug_renderer_info");
  const unmasked = info ? [info.UNMASKED_VENDOR_WEBGL, info.UNMASKED_RENDERER_WEBGL] : [];
  return [gl.VENDOR, gl.RENDERER, ...unmasked].map((parameter) => gl.getParameter(parameter)).join(" ");
}

/** Whether this browser has a WebGL that is fast. */
function hasFastWebGl() {
  try {
    const gl = document.createElement("canvas").getContext("webgl", { failIfMajorPerformanceCaveat: true });
    if (!gl) return false;
    const isFast = !isSoftwareRenderer(rendererNames(gl));
    // Browsers allow few contexts at a time, and this one may otherwise stay until garbage is collected.
    gl.getExtension("WEBGL_lose_context")?.loseContext();
    return isFast;
  } catch {
    return false;
  }
}

/** OpenSeadragon's drawers to try in this order. `?drawer=` in the page's address overrides the choice. */
export function drawers() {
  const wanted = new URLSearchParams(location.search).get("drawer");
  const drawer = DRAWERS.includes(wanted) ? wanted : hasFastWebGl() ? "webgl" : "canvas";
  return drawer === "webgl" ? DRAWERS : ["canvas"];
}
