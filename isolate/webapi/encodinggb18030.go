package webapi

import "sort"

// missingGB18030 returns the character of two bytes that x/text's table of GB 18030 lacks:
// those for private use, and what became of some of them in the edition of 2022. It returns
// 0 for all others.
//
// Spec: https://encoding.spec.whatwg.org/index-gb18030.txt
func missingGB18030(first, second byte) rune {
	pointer := int(first-0x81)*190 + int(second) - 0x41
	if second < 0x7F {
		pointer++
	}
	i := sort.Search(len(gb18030Runs), func(i int) bool { return gb18030Runs[i].pointer > pointer }) - 1
	if i < 0 || pointer >= gb18030Runs[i].pointer+gb18030Runs[i].n {
		return 0
	}
	return gb18030Runs[i].char + rune(pointer-gb18030Runs[i].pointer)
}

// gb18030Runs are characters in a row, n of them from a pointer of the Standard's index on.
var gb18030Runs = [...]struct {
	pointer, n int
	char       rune
}{
	{6080, 96, 0xE4C6}, {6270, 96, 0xE526}, {6376, 6, 0xE766}, {6433, 1, 0xE76D}, {6444, 2, 0xE76E},
	{6458, 2, 0xE770}, {6460, 95, 0xE586}, {6650, 96, 0xE5E6}, {6829, 11, 0xE772}, {6840, 96, 0xE646},
	{7022, 8, 0xE77D}, {7030, 96, 0xE6A6}, {7150, 8, 0xE785}, {7182, 1, 0xFE10}, {7183, 1, 0xFE12},
	{7184, 1, 0xFE11}, {7185, 4, 0xFE13}, {7201, 2, 0xFE17}, {7208, 1, 0xFE19}, {7211, 9, 0xE797},
	{7220, 96, 0xE706}, {7349, 15, 0xE7A0}, {7397, 13, 0xE7AF}, {7495, 11, 0xE7BC}, {7533, 1, 0x1E3F},
	{7538, 4, 0xE7C9}, {7579, 21, 0xE7CD}, {7624, 1, 0xE7E2}, {7627, 1, 0xE7E3}, {7629, 3, 0xE7E4},
	{7686, 13, 0xE7F4}, {7775, 15, 0xE801}, {7886, 94, 0xE000}, {8076, 94, 0xE05E}, {8266, 94, 0xE0BC},
	{8456, 94, 0xE11A}, {8646, 94, 0xE178}, {8836, 94, 0xE1D6}, {16525, 5, 0xE810}, {22706, 94, 0xE234},
	{22896, 94, 0xE292}, {23086, 94, 0xE2F0}, {23276, 94, 0xE34E}, {23466, 94, 0xE3AC}, {23656, 94, 0xE40A},
	{23767, 3, 0xE816}, {23775, 1, 0x9FB4}, {23783, 1, 0x9FB5}, {23788, 2, 0x9FB6}, {23794, 1, 0xE831},
	{23795, 1, 0x9FB8}, {23804, 1, 0xE83B}, {23812, 1, 0x9FB9}, {23829, 1, 0x9FBA},
	{23830, 1, 0xE855}, {23845, 1, 0x9FBB}, {23846, 94, 0xE468},
}
