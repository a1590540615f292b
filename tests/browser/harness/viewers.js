// The viewers that show slides over each protocol: one page of `examples/` each.

import { CloverView, LeafletView, MiradorView, OpenLayersView, OpenSeadragonView, UniversalViewerView } from "./embedded.js";

/**
 * What each row has: a file name for screenshots, a title, the page and what its address has besides server and slide,
 * the class of `embedded.js` that knows the viewer, whether it has a dark theme, `tileSize` if it needs tiles of that size,
 * and `ownFaults`: problems that this version of the viewer has with any server.
 */
export const VIEWERS = [
  { name: "openseadragon-dzi", title: "OpenSeadragon over Deep Zoom", page: "openseadragon.html", View: OpenSeadragonView },
  {
    name: "openseadragon-json",
    title: "OpenSeadragon over Deep Zoom as JSON",
    page: "openseadragon-json.html",
    View: OpenSeadragonView,
  },
  {
    name: "openseadragon-iiif-2",
    title: "OpenSeadragon over IIIF 2",
    page: "openseadragon-iiif.html",
    query: { iiif: "2" },
    View: OpenSeadragonView,
  },
  {
    name: "openseadragon-iiif-3",
    title: "OpenSeadragon over IIIF 3",
    page: "openseadragon-iiif.html",
    query: { iiif: "3" },
    View: OpenSeadragonView,
  },
  {
    name: "openseadragon-zoomify",
    title: "OpenSeadragon over Zoomify",
    page: "openseadragon-zoomify.html",
    View: OpenSeadragonView,
  },
  { name: "openseadragon-xyz", title: "OpenSeadragon over XYZ", page: "openseadragon-xyz.html", View: OpenSeadragonView },
  {
    name: "openseadragon-iris",
    title: "OpenSeadragon over Iris",
    page: "openseadragon-iris.html",
    tileSize: 256,
    View: OpenSeadragonView,
  },
  {
    name: "mirador",
    title: "Mirador",
    page: "mirador.html",
    View: MiradorView,
    hasDarkTheme: true,
    // Its bundle has React as for development, which warns of Mirador's own code.
    ownFaults: [/^console: Accessing element\.ref was removed in React 19/],
  },
  {
    name: "universalviewer",
    title: "Universal Viewer",
    page: "universalviewer.html",
    View: UniversalViewerView,
    // It takes a picture that its own style sheet contains for the name of a file beside the page.
    ownFaults: [/\/images\/data:image\/gif;base64,/],
  },
  { name: "clover", title: "Clover", page: "clover.html", View: CloverView },
  { name: "openlayers", title: "OpenLayers with the server's own tiles", page: "openlayers.html", View: OpenLayersView },
  { name: "openlayers-iiif", title: "OpenLayers over IIIF 3", page: "openlayers-iiif.html", View: OpenLayersView },
  { name: "openlayers-xyz", title: "OpenLayers over XYZ", page: "openlayers-xyz.html", View: OpenLayersView },
  { name: "leaflet", title: "Leaflet with the server's own tiles", page: "leaflet.html", View: LeafletView },
  { name: "leaflet-iiif", title: "Leaflet-IIIF", page: "leaflet-iiif.html", View: LeafletView },
  { name: "leaflet-xyz", title: "Leaflet over XYZ", page: "leaflet-xyz.html", View: LeafletView },
];
