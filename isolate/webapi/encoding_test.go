package webapi

import (
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"

	"github.com/skerry-edge/skerry/isolate/js"
)

// allDecoded has, as a digest, what each encoding makes of every byte or, of those whose
// characters may have more, of every two bytes behind each of prefixes. The same texts came
// out the same, errors included, in another implementation of the Encoding Standard.
var allDecoded = []struct {
	label, digest string
	prefixes      []string
}{
	{"ibm866", "5a856a1cc72f92ffbb8ce0162a6bfdeb", nil},
	{"iso-8859-2", "5e9a0811bf08daf58df287360cbdaf47", nil},
	{"iso-8859-3", "427c755918b4b8d70e4a59455cbb57d8", nil},
	{"iso-8859-4", "08e4e0f402fac5883b8573a2cd95f808", nil},
	{"iso-8859-5", "df3e28bbb226e1cd358fb027479c723d", nil},
	{"iso-8859-6", "0820ada8b845d193baa469ef6478a701", nil},
	{"iso-8859-7", "3097f0c4c02f37952bb9b259ebc0d482", nil},
	{"iso-8859-8", "7eff314e5dee84bc479743f8215d3c88", nil},
	{"iso-8859-8-i", "7eff314e5dee84bc479743f8215d3c88", nil},
	{"iso-8859-10", "34e36339240c8d8b8d806076f2a2520a", nil},
	{"iso-8859-13", "3bac58e9cc8e52cd4df446e0d7daf8d4", nil},
	{"iso-8859-14", "ec2339ae801d510724002c02aa6408fd", nil},
	{"iso-8859-15", "e3f0667fe89309a7a28ff1aedf7c57ee", nil},
	{"iso-8859-16", "c68ff962b68531cb6405f331efa26baf", nil},
	{"koi8-r", "e18c51434de748aab4b8f2f9992422dd", nil},
	{"koi8-u", "09ca3df06fe07cf28f82ffec077644e5", nil},
	{"macintosh", "a6af4ef8837ca7fcfc64bb66b0a02b65", nil},
	{"windows-874", "27b64d47097a9b7e812d654d8f64b28f", nil},
	{"windows-1250", "697d3e9c20631e29a0560863a139067b", nil},
	{"windows-1251", "046cabf3dd731926e96942c89b8f4acc", nil},
	{"windows-1252", "b45da48fcc29fa511892fc703434d75b", nil},
	{"windows-1253", "a733cbbd9afc7fbe79f5b75a8bbfede6", nil},
	{"windows-1254", "233441a35d0b7823beb38db16454a8c2", nil},
	{"windows-1255", "39d71290388fda33afb56e1a4a0c4ad1", nil},
	{"windows-1256", "8f0f0e8f96c6e90cc01fe554a051f617", nil},
	{"windows-1257", "5fcb53500eda7362e0b6ed48c9a9a919", nil},
	{"windows-1258", "7ab8842d941a6717aacec13ab4318947", nil},
	{"x-mac-cyrillic", "b84eb464bfafed2870415356e89e5338", nil},
	{"x-user-defined", "87337a75680cce3d8274db1fbbc95a93", nil},
	{"gbk", "39a70505d6cfcbde6173766adae51a48", []string{""}},
	{"gb18030", "6062c0da068b3520e2bf07ba291e126b", []string{"", "\x81\x30", "\x84\x31", "\x84\x32", "\x90\x30", "\xE3\x32"}},
	{"big5", "edde6e2707b60f5f4fc0fa4874b8f492", []string{""}},
	{"euc-kr", "403d1a3508ded2fa49a6f77f2e0f8592", []string{""}},
	{"euc-jp", "01d6ef8cd2f16c9f648b5019348bc4ba", []string{"", "\x8F"}},
	{"shift_jis", "524a6c9a180c15a74b3c2c875b362976", []string{""}},
	{"iso-2022-jp", "116bbd24379b545f864fac0b87be5544", []string{"\x1B$B", "\x1B", "\x1B(I"}},
	{"utf-8", "9ab8a63468a2b1c4db271b55503f788e", []string{"\xE2\x82", "\xED", "\xF0\x9F"}},
	{"utf-16le", "10f220c2a75b539274eb4e0cb984f637", []string{"\x3D\xD8"}},
	{"utf-16be", "30b0db7ea894a679d9aea8bea34934bf", []string{"\xD8\x3D"}},
}

func TestEveryEncoding(t *testing.T) {
	t.Parallel()
	for _, tc := range allDecoded {
		t.Run(tc.label, func(t *testing.T) {
			t.Parallel()
			e, ok := encodingLabelled(new(js.VM), tc.label)
			if !ok || e.name != tc.label {
				t.Fatalf("%q, %v", e.name, ok)
			}
			h := sha256.New()
			if tc.prefixes == nil {
				for a := range 256 {
					decodeInto(t, h, e, []byte{byte(a)})
				}
			}
			for _, prefix := range tc.prefixes {
				text := append([]byte(prefix), 0, 0)
				for a := range 256 {
					for b := range 256 {
						text[len(prefix)], text[len(prefix)+1] = byte(a), byte(b)
						decodeInto(t, h, e, text)
					}
				}
			}
			if got := hex.EncodeToString(h.Sum(nil)[:16]); got != tc.digest {
				t.Errorf("what is decoded has the digest %s, want %s", got, tc.digest)
			}
		})
	}
}

// decodeInto writes what e makes of text, and whether that has errors.
func decodeInto(t *testing.T, w io.Writer, e encoding, text []byte) {
	t.Helper()
	got, err := e.newDecoder().decode(text, true, true)
	end := "\n"
	if err != nil {
		end = "!\n"
		if got, err = e.newDecoder().decode(text, true, false); err != nil {
			t.Fatal(err)
		}
	}
	_, _ = io.WriteString(w, got)
	_, _ = io.WriteString(w, end)
}
