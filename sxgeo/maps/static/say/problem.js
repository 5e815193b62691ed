// What is wrong with an input, or was left out of it, in Chinese: the JSON keeps the library's English, people read both.
const WHOLE = [
  [/^guess: latitude/, '推测：按先纬度后经度的书写顺序读取；请先写经度以确认'],
  [
    /^guess: datum.* \(metres/,
    '推测：平面坐标未注明坐标系，按2000国家大地坐标系读取（西安1980、北京1954相差可达150米）；请给经纬度，或用 sxgeo check --assume datum=CGCS2000 确认',
  ],
  [
    /^guess: datum.* \(KML/,
    '推测：KML 按定义为 WGS 84，但未注明所用底图；若底图为国内地图服务（GCJ-02），偏移约560米，请在下方说明',
  ],
  [
    /^the answer that it was taken from/,
    '取自一份核查结果，当时对该地块的读取存疑，至今未消除；请改用原始文件核查',
  ],
  [
    /^a survey TXT/,
    '勘测定界 TXT 在本页只作简要读取：闭合、点数、面积、坐标轴顺序和带号未与文件头核对；要得出“未发现冲突”的结论，请用 sxgeo check',
  ],
  [
    /^guess: closed_line.* \((\d+) outlines .*, (\d+) of them/,
    '推测：有$1处轮廓由线围成（其中$2处由多条线合围），按线核查，其内部未计入；若为地块边界，请在下方说明',
  ],
  [
    /^guess: closed_line.* \((\d+) lines/,
    '推测：有$1条线首尾相接，按线核查，其内部未计入；若为地块边界，请在下方说明',
  ],
  [
    /^guess: shape.* \((\d+) points are numbered as corners are, '(.*)', '(.*)'\);/,
    '推测：$1个点按界址点编号（“$2”、“$3”），按点核查，其围成的地块未计入；若为同一地块的界址点，请在下方说明',
  ],
  [
    /^guess: shape.* \((\d+) points share a '(.*)', '(.*)'\);/,
    '推测：$1个点的“$2”相同（“$3”），按点核查，其围成的地块未计入；若为同一地块的界址点，请在下方说明',
  ],
  [
    /^guess: shape.* \(the last of (\d+) points/,
    '推测：$1个点首尾重合，按点核查，其围成的地块未计入；若为同一地块的界址点，请在下方说明',
  ],
  [
    /^guess: shape.* \((\d+) points are grouped/,
    '推测：$1个点按地块分组，按点核查，其围成的地块未计入；若为界址点，请在下方说明',
  ],
  [
    /^guess: shape.* \(the (\d+) points of one feature/,
    '推测：一个对象的$1个点围成一圈，按点核查，其围成的地块未计入；若为同一地块的界址点，请在下方说明',
  ],
  [
    /^points are not joined to a ring/,
    '界址点在本页不连成地块，请用 sxgeo check --assume shape=ring',
  ],
  [/^a line of several parts/, '多段线只有部分闭合，请用 sxgeo check --assume closed_line=plot'],
  [
    /^lines that close together/,
    '多条线合围的地块在本页不拼合，请用 sxgeo check --assume closed_line=plot',
  ],
  [/^its shape cannot .* \((.*)\);/, '图形无法计算（$1），请用 sxgeo check'],
  [/^its accuracy '(.*)' is/, '精度“$1”不是0以上的米数'],
  [/^no geometry/, '没有图形（空值），请补绘或删除此行'],
  [/^a geometry collection/, '图形为混合集合，请拆分为面、线、点'],
  [/^coordinates that do not fit/, '坐标与图形类型不符'],
  [/^(\d+) points are more .*\((\d+)\)/, '点数$1超过本页上限$2，请用 sxgeo check'],
  [/^coordinates that are not/, '坐标不是数字，请更正或删除此行'],
  [/^a ring that is not closed/, '边界未闭合或不足四个点'],
  [/^lon and lat look swapped \((.*)\)/, '经纬度似写反（$1），请先写经度'],
  [
    /^coordinates (.*) are not degrees/,
    '坐标 $1 不是经纬度，请随文件给出投影坐标系（.prj 或 GeoPackage）',
  ],
  [
    /^lies outside China \((.*?)\); lon and lat/,
    '位于中国范围以外（$1）；经纬度似写反，请先写经度',
  ],
  [/^lies outside China \((.*?)\)/, '位于中国范围以外（$1）；请核对坐标数值、次序与坐标系'],
  [/^a polygon without area/, '面没有面积，请检查界址点'],
  [
    /^the ring crosses .* area (.*) -> (.*) m2.* by (.*) m;/,
    '边界自相交，已修复：面积 $1 → $2 平方米，边界按±$3米不确定计；请按顺序整理界址点',
  ],
  [/^site accuracy '(.*?)' is not a number/, '地块精度“$1”不是0以上的米数'],
  [/^height_m '(.*?)' is not a number/, '建筑高度“$1”不是0以上的米数'],
  [
    /^date '(.*?)' is out of range; give a day of (\d+) to (\d+)/,
    '规则时点“$1”超出范围，请填$2年至$3年',
  ],
  [/^date '(.*?)' is not of the form/, '规则时点“$1”不是年-月-日'],
  [/^no site given/, '没有给出地块：文件中没有要素'],
  [/^(\d+) sites are more .*\((\d+)\)/, '地块$1个，超过本页上限$2个，请用 sxgeo check'],
  [/^not a GeoJSON object$/, '不是 GeoJSON 对象'],
  [/^the GeoJSON declares (.*);/, 'GeoJSON 声明的坐标系为 $1，请给经纬度（EPSG:4490）'],
  [/^the FeatureCollection has no features$/, 'FeatureCollection 中没有要素'],
  [/^GeoJSON type '(.*)' is not known$/, '未知的 GeoJSON 类型“$1”'],
];
const THINGS = {
  file: '文件',
  download: '下载的数据',
  point: '点',
  row: '行',
  NetworkLink: '网络链接',
  Update: '更新指令',
  GroundOverlay: '地面叠加图',
  ScreenOverlay: '屏幕叠加图',
  PhotoOverlay: '照片叠加图',
};
const REASONS = [
  [/^it stands beside a polygon/, '位于面以外，请作为单独要素'],
  [/^a label in/, '面内注记点'],
  [/^marked as deleted/, '已被其软件标记删除，未读'],
  [/^it refers to another/, '指向其他文件，未跟读；请连同内容保存'],
  [/^the page does not read/, '本页不能读取，请用 sxgeo check'],
  [/^a picture, without/, '图片，不含地块'],
  [/^a paper/, '文档，不含地块'],
  [/^a description/, '说明文件，不含地块'],
  [/^a project/, '工程或设置文件，不含地块'],
  [/^a picture on the map/, '图片，不含地块'],
  [/^it says that it holds (\d+) of (\d+)/, '自称只含$2个要素中的$1个，请下载其余'],
  [/^it says that a next page/, '自称还有下一页，请下载其余'],
  [/^it says that it was cut/, '自称下载被截断（exceededTransferLimit），请下载其余'],
];

function first(table, text) {
  for (const [pattern, zh] of table) {
    const found = pattern.exec(text);
    if (found) {
      return zh.replace(/\$(\d)/g, (_, group) => found[group]);
    }
  }
  return text;
}

function placeZh(place) {
  return place
    .replace(/^in feature (\d+)$/, '（第$1个要素）')
    .replace(/^in (.*)$/, '（$1）')
    .replace(/^of this file$/, '（本文件）');
}

// One thing that was left out, by what it is and where it stood.
export function leftZh({what, place, reason, count}) {
  const kind = /^([A-Z0-9]+) file$/.exec(what);
  const thing = kind ? `${kind[1]} 文件` : THINGS[what] || what;
  return `${thing} ${placeZh(place)}${count > 1 ? ` ×${count}` : ''}：${first(REASONS, reason)}`;
}

// A problem as people read it; what is not known here stays as it is.
export function problemZh(problem) {
  const feature = /^feature (\d+): ([^]*)$/.exec(problem);
  if (feature) {
    return `第${feature[1]}个要素：${problemZh(feature[2])}`;
  }
  const left =
    /^left out: (?:(\d+) x )?(.*?) (in feature \d+|of this file|“.*?”|in [^:]*|[^:]*): (.*)$/.exec(
      problem,
    );
  if (left) {
    const [, count, what, place, reason] = left;
    return `未取：${leftZh({what, place, reason, count: Number(count || 1)})}`;
  }
  return first(WHOLE, problem);
}
