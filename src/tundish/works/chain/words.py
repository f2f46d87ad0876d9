"""How does each line head its columns? Korean in full, Korean in short, English tags, or mixed with units in brackets."""

from __future__ import annotations

from collections.abc import Mapping

from tundish.works.chain.plant import STYLES, Level, Style

Words = tuple[str, str, str, str]
"""One header a style, in the order of ``STYLES``."""

OUT_ID: Mapping[Level, Words] = {
    "heat": ("용강번호", "히트", "HEAT_NO", "HEAT NO"),
    "slab": ("슬라브번호", "슬라브", "SLAB_NO", "SLAB NO"),
    "hot_coil": ("열연코일번호", "코일번호", "COIL_NO", "COIL NO"),
    "coil": ("냉연코일번호", "코일번호", "COIL_NO", "제품 COIL NO"),
    "strip": ("제품코일번호", "조코일번호", "STRIP_NO", "STRIP NO"),
    "sheets": ("시트팩번호", "팩번호", "PACK_NO", "SHEET PACK NO"),
    "package": ("포장번호", "포장No", "PKG_NO", "포장 NO"),
}
"""Header of what a line makes."""
IN_ID: Mapping[Level, Words] = {
    "heat": ("용강번호", "히트", "HEAT_NO", "HEAT NO"),
    "slab": ("투입슬라브번호", "소재슬라브", "IN_SLAB_NO", "소재 SLAB NO"),
    "hot_coil": ("모코일번호", "모코일", "IN_COIL_NO", "소재 COIL NO"),
    "coil": ("모코일번호", "모코일", "IN_COIL_NO", "소재 COIL NO"),
    "strip": ("투입소재번호", "투입번호", "IN_MTL_NO", "투입 소재 NO"),
    "sheets": ("투입소재번호", "투입번호", "IN_MTL_NO", "투입 소재 NO"),
    "package": ("투입소재번호", "투입번호", "IN_MTL_NO", "투입 소재 NO"),
}
"""Header of what goes into a line."""
COLUMNS: Mapping[str, Words] = {
    "start": ("작업시작시각", "시작", "START_DTM", "작업시작"),
    "end": ("작업종료시각", "종료", "END_DTM", "작업종료"),
    "in_mass": ("투입중량(kg)", "투입중량(t)", "IN_WT", "투입중량[kg]"),
    "out_mass": ("생산중량(kg)", "생산중량(t)", "OUT_WT", "생산중량[kg]"),
    "scrap_mass": ("스크랩중량(kg)", "스크랩(t)", "SCRAP_WT", "SCRAP 중량[kg]"),
    "thickness": ("두께(mm)", "두께", "THK", "두께[mm]"),
    "width": ("폭(mm)", "폭", "WID", "폭[mm]"),
    "in_length": ("투입길이(m)", "투입길이(m)", "IN_LEN", "투입길이[m]"),
    "length": ("생산길이(m)", "길이(m)", "OUT_LEN", "생산길이[m]"),
    "from": ("투입 시작위치(m)", "시작위치(m)", "IN_FROM", "투입구간 FROM[m]"),
    "to": ("투입 종료위치(m)", "종료위치(m)", "IN_TO", "투입구간 TO[m]"),
    "at": ("제품내 시작위치(m)", "제품위치(m)", "OUT_FROM", "제품상 위치[m]"),
    "head_crop": ("선단크롭(m)", "선단크롭(m)", "HEAD_CROP", "HEAD CROP[m]"),
    "tail_crop": ("미단크롭(m)", "미단크롭(m)", "TAIL_CROP", "TAIL CROP[m]"),
    "turned": ("선미단반전", "반전", "TURN_YN", "HEAD/TAIL 반전"),
    "flipped": ("상하면반전", "상하반전", "FLIP_YN", "상하면 FLIP"),
    "lane": ("조번호", "조번", "LANE_NO", "LANE"),
    "grade": ("강종", "강종", "GRADE", "강종"),
    "verdict": ("판정", "판정", "JUDGE", "판정"),
}
"""Other columns of a production table."""
UNITS: Mapping[str, str] = {
    "in_mass": "kg",
    "out_mass": "kg",
    "scrap_mass": "kg",
    "thickness": "mm",
    "width": "mm",
    "in_length": "m",
    "length": "m",
    "from": "m",
    "to": "m",
    "at": "m",
    "head_crop": "m",
    "tail_crop": "m",
}
"""What stands in the row of units that the tags bring along."""
SIGNALS: Mapping[str, Words] = {
    "time": ("수집시각", "시각", "TIMESTAMP", "수집일시"),
    "speed": ("라인속도(m/min)", "속도(mpm)", "LINE_SPD.PV", "라인속도[m/min]"),
    "entry_speed": ("입측속도(m/min)", "입측속도(mpm)", "ENT_SPD.PV", "입측속도[m/min]"),
    "length_run": ("통판길이(m)", "통판길이(m)", "STRIP_LEN.PV", "통판길이[m]"),
    "entry_thickness": ("입측두께(mm)", "입측두께(mm)", "ENT_THK.PV", "입측두께[mm]"),
    "exit_thickness": ("출측두께(mm)", "출측두께(mm)", "EXT_THK.PV", "출측두께[mm]"),
    "entry_tension": ("입측장력(kN)", "입측장력(kN)", "ENT_TENS.PV", "입측장력[kN]"),
    "tension": ("라인장력(kN)", "장력(kN)", "TENSION.PV", "라인장력[kN]"),
    "force": ("압연하중(kN)", "하중(kN)", "ROLL_FORCE.PV", "압연하중[kN]"),
    "finish_temperature": ("사상출측온도(℃)", "FDT(℃)", "FDT.PV", "사상출측온도[℃]"),
    "coiling_temperature": ("권취온도(℃)", "CT(℃)", "CT.PV", "권취온도[℃]"),
    "strip_temperature": ("판온도(℃)", "판온(℃)", "STRIP_TEMP.PV", "판온도[℃]"),
    "strand_temperature": ("주편표면온도(℃)", "주편온도(℃)", "STRAND_TEMP.PV", "주편 표면온도[℃]"),
    "cut_length": ("절단길이(m)", "절단길이(m)", "CUT_LEN.PV", "절단길이[m]"),
    "mould_level": ("몰드 탕면레벨(mm)", "탕면레벨(mm)", "MOLD_LVL.PV", "몰드레벨[mm]"),
    "weld": ("용접점검출", "용접검출", "WELD_DET", "용접점 검출"),
    "present": ("판유무", "판유무", "STRIP_ON", "판 유무"),
}
"""Columns of a trend; tags carry their unit in the second row."""
SIGNAL_UNITS: Mapping[str, str] = {
    "speed": "m/min",
    "entry_speed": "m/min",
    "length_run": "m",
    "cut_length": "m",
    "entry_thickness": "mm",
    "exit_thickness": "mm",
    "entry_tension": "kN",
    "tension": "kN",
    "force": "kN",
    "finish_temperature": "℃",
    "coiling_temperature": "℃",
    "strip_temperature": "℃",
    "strand_temperature": "℃",
    "mould_level": "mm",
}
DEFECTS: Mapping[str, Words] = {
    "piece": ("코일번호", "코일", "COIL_NO", "COIL NO"),
    "from": ("결함시작위치(m)", "결함시작(m)", "DEF_FROM", "결함 FROM[m]"),
    "to": ("결함종료위치(m)", "결함종료(m)", "DEF_TO", "결함 TO[m]"),
    "side": ("결함면", "면", "DEF_SIDE", "결함면"),
    "code": ("결함명", "결함", "DEF_NM", "결함명"),
    "found": ("검사일시", "검사일시", "INSP_DTM", "검사일시"),
}
LABORATORY: Mapping[str, Words] = {
    "piece": ("코일번호", "코일번호", "COIL_NO", "COIL NO"),
    "taken": ("시료채취시각", "채취시각", "SMP_DTM", "시료채취 일시"),
    "end": ("채취부위", "부위", "SMP_POS", "채취부위"),
    "at": ("시료채취위치(m)", "채취위치(m)", "SMP_AT", "채취위치[m]"),
    "yield": ("항복강도(MPa)", "YP(MPa)", "YP", "항복강도[MPa]"),
    "tensile": ("인장강도(MPa)", "TS(MPa)", "TS", "인장강도[MPa]"),
    "elongation": ("연신율(%)", "EL(%)", "EL", "연신율[%]"),
}


def head(words: Words, style: Style) -> str:
    """The header in a style."""
    return words[STYLES.index(style)]
