// Stands in for the backdrop in a page of two days that has none.
function drawBackdrop() {}
function backdropLegend() {}
