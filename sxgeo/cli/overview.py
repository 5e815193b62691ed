"""What bare `sxgeo` says: what one can do, Chinese first."""

from __future__ import annotations

OVERVIEW = """\
sxgeo  山西省经济区选址分析 siting analysis

  我有一个地块，会不会冲突？       Does my plot conflict with anything?
      sxgeo check 地块.txt --project-type 工业              文字 text
      sxgeo check 地块.txt -o 报告.docx                     .xlsx .html .gpkg .json 亦可
      sxgeo check --at 112.63,38.02                         一个点 a point
      sxgeo check 地块.gpkg --batch -o 清单.xlsx            成千上万个地块 thousands of plots
  我单位有底图，怎么接进来？       Our office has the official layers
      sxgeo layers scan D:/底图 -o sxgeo.toml --ask         认图层，写工作区
  这个文件是什么坐标？             What is this file?
      sxgeo inspect 地块.txt
  从这里开车能到哪里？             What can be reached from here?
      sxgeo reach 112.63,38.02 --minutes 15,30,60 -o 等时圈.html
  出一套报批成果                   The documents to file
      sxgeo dossier 地块.txt -o 成果                        文字、表、位置套合图、数据、回执
  画一张离线地图                   A map that opens without a network
      sxgeo map taixin -o 地图.html
  有哪些规定、区域、图层？         What is bundled?
      sxgeo rules    sxgeo zones    sxgeo layers    sxgeo check --project-type help
  装得全不全？                     Is everything here?
      sxgeo doctor

  各命令的选项 options: sxgeo COMMAND --help
"""
