// Stands in for the tiles in a page that draws nothing on them.
class Tiles {
  constructor() { this.stores = {}; }
  count() { return 0; }
  swatch() { return null; }
  show() { return false; }
  search() { return []; }
}
