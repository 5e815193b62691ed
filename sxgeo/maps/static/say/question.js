// The question that an answer was computed for, in words of both languages: what stands in the answer's own receipt, never what the form says now.
import {own} from '../check/plain.js';

// The page's own arithmetic goes by no name that a reader knows; another engine does.
function measuredBy(engines) {
  const others = engines.filter(name => name !== 'page').map(name => name.toUpperCase());
  return [['本页', ...others].join('、'), ['this page', ...others].join(', ')];
}

export function questionRows(pack, answer, parcel, settled) {
  const {parameters, sites} = answer.receipt;
  const words = pack.words.english;
  const said = {
    groundwater_use: parameters.groundwater_use,
    discharge: parameters.discharge,
    ...parameters.attributes,
  };
  const count = sites.length;
  const yes = value => value === true || value === 'yes';
  const none = ['未说明', 'not said'];
  const type =
    parameters.project_type === null
      ? none
      : [
          pack.tables.project_types[parameters.project_type],
          words.project_types[parameters.project_type],
        ];
  const document = key =>
    own(parameters.documents, key) ? `（${parameters.documents[key]}）` : '';
  const answers = Object.entries(said)
    .filter(([, value]) => value !== null)
    .map(([key, value]) =>
      key === 'approval_kind'
        ? [
            `报批类型：${pack.questions.choices.approval_kind[value]}`,
            `kind of approval: ${words.approvals[value]}`,
          ]
        : [
            `${pack.tables.attributes[key]}：${yes(value) ? '是' : '否'}${document(key)}`,
            `${words.conditions[key]}: ${yes(value) ? 'yes' : 'no'}${document(key)}`,
          ],
    );
  return [
    ['地块', 'Parcel', `${parcel.zh}（${count} 个）`, `${parcel.en} (${count})`],
    ['项目类型', 'Project type', ...type],
    [
      '建筑高度',
      'Height',
      ...(parameters.height_m === null
        ? none
        : [`${parameters.height_m} 米`, `${parameters.height_m} m`]),
    ],
    [
      '项目属性',
      'Said of it',
      ...(answers.length
        ? [0, 1].map(i => answers.map(pair => pair[i]).join(i ? ', ' : '，'))
        : none),
    ],
    ...(parameters.classes === null
      ? []
      : [
          [
            '限定类别',
            'Classes',
            ...[
              ['zh', '、'],
              ['en', ', '],
            ].map(([key, mark]) =>
              parameters.classes
                .map(id => pack.layers.find(layer => layer.id === id)[key])
                .join(mark),
            ),
          ],
        ]),
    ...Object.entries(parcel.assume || {}).map(([key, value]) => {
      const [, , zh, en, ...answers] = settled.find(one => one[1] === key);
      const said = answers.find(one => one[0] === value);
      return [zh.replace(/：$/, ''), en.replace(/:$/, ''), said[1], said[2]];
    }),
    ['规则时点', 'Rules of', parameters.as_of, parameters.as_of],
    ['量算引擎', 'Measured by', ...measuredBy(answer.receipt.engines)],
  ];
}
