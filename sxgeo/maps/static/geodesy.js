// CGCS2000 3-degree Gauss-Krueger, forward (Krueger's series to n^3; well below a millimetre here).
function gaussKrueger(lon, lat) {
  const f = 1 / 298.257222101, n = f / (2 - f), meridian = 3 * Math.floor((lon + 1.5) / 3);
  const radius = 6378137 / (1 + n) * (1 + n * n / 4 + n ** 4 / 64), rad = Math.PI / 180;
  const alpha = [n / 2 - 2 * n * n / 3 + 5 * n ** 3 / 16, 13 * n * n / 48 - 3 * n ** 3 / 5, 61 * n ** 3 / 240];
  const e = 2 * Math.sqrt(n) / (1 + n), s = Math.sin(lat * rad), along = (lon - meridian) * rad;
  const t = Math.sinh(Math.atanh(s) - e * Math.atanh(e * s));
  const xi = Math.atan2(t, Math.cos(along)), eta = Math.atanh(Math.sin(along) / Math.sqrt(1 + t * t));
  let x = xi, y = eta;
  alpha.forEach((a, i) => {
    const k = 2 * (i + 1);
    x += a * Math.sin(k * xi) * Math.cosh(k * eta);
    y += a * Math.cos(k * xi) * Math.sinh(k * eta);
  });
  return {x: radius * x, y: radius * y + 500000, zone: meridian / 3, meridian};
}

function sexagesimal(value) {
  const tenths = Math.round(Math.abs(value) * 36000), pad = (v, w) => String(v).padStart(w, '0');
  const whole = Math.floor(tenths / 36000), minutes = Math.floor(tenths / 600) % 60;
  return `${whole}°${pad(minutes, 2)}′${pad(((tenths % 600) / 10).toFixed(1), 4)}″`;
}
