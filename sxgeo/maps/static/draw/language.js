// Chinese and English on one page: each piece of text carries both.
import {make} from './dom.js';

export const ROW_EN = {
  说明: 'Note',
  类型: 'Type',
  级别批次: 'Level, batch',
  所在县区: 'County',
  法定身份: 'Designation',
  依据文件: 'Document',
  位置: 'Position',
  范围: 'Extent',
  来源: 'Source',
  可信度: 'Confidence',
  状态: 'Status',
  规划: 'Plan',
  内容: 'Says',
  地点: 'Places',
  区划代码: 'Code',
  级别: 'Level',
  片区: 'Sub-region',
  成员依据: 'Basis',
  边界精度: 'Accuracy',
  方式: 'Mode',
  线路代号: 'Code',
  开通: 'Opened',
  计划开通: 'Planned',
  设计时速: 'Design speed',
  全长: 'Length',
  线形: 'Course',
  结论: 'Answer',
  据现有资料: 'Known',
  面积: 'Area',
  涉及: 'Touches',
  问题: 'Problem',
  编号: 'Id',
  时限: 'Limit',
  起点: 'Origin',
  日期: 'Date',
  可达面积: 'Area',
  到路网: 'To the road',
  时间误差: 'Time error',
  车站误差: 'Station error',
  管控规则: 'Rules in force',
};

export function english() {
  return document.documentElement.lang === 'en';
}

export function say(zh, en) {
  return make('span', {'data-en': en}, zh);
}

export function translate(root) {
  for (const element of root.querySelectorAll('[data-en]')) {
    if (element.dataset.zh === undefined) {
      element.dataset.zh = element.textContent;
    }
    element.textContent = english() ? element.dataset.en : element.dataset.zh;
  }
}
