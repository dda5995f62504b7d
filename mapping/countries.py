"""Countries by the codes and English names that clients send, to the two letters that TikTok wants (U5, ISO 3166-1)."""

# Two letters, three letters, name.
_COUNTRIES = """
ad and Andorra; ae are United Arab Emirates; af afg Afghanistan; ag atg Antigua and Barbuda; ai aia Anguilla;
al alb Albania; am arm Armenia; ao ago Angola; aq ata Antarctica; ar arg Argentina; as asm American Samoa;
at aut Austria; au aus Australia; aw abw Aruba; ax ala Åland Islands; az aze Azerbaijan;
ba bih Bosnia and Herzegovina; bb brb Barbados; bd bgd Bangladesh; be bel Belgium; bf bfa Burkina Faso;
bg bgr Bulgaria; bh bhr Bahrain; bi bdi Burundi; bj ben Benin; bl blm Saint Barthélemy; bm bmu Bermuda;
bn brn Brunei; bo bol Bolivia; bq bes Bonaire; br bra Brazil; bs bhs Bahamas; bt btn Bhutan;
bv bvt Bouvet Island; bw bwa Botswana; by blr Belarus; bz blz Belize; ca can Canada;
cc cck Cocos (Keeling) Islands; cd cod Democratic Republic of the Congo; cf caf Central African Republic;
cg cog Congo; ch che Switzerland; ci civ Côte d'Ivoire; ck cok Cook Islands; cl chl Chile; cm cmr Cameroon;
cn chn China; co col Colombia; cr cri Costa Rica; cu cub Cuba; cv cpv Cabo Verde; cw cuw Curaçao;
cx cxr Christmas Island; cy cyp Cyprus; cz cze Czechia; de deu Germany; dj dji Djibouti; dk dnk Denmark;
dm dma Dominica; do dom Dominican Republic; dz dza Algeria; ec ecu Ecuador; ee est Estonia; eg egy Egypt;
eh esh Western Sahara; er eri Eritrea; es esp Spain; et eth Ethiopia; fi fin Finland; fj fji Fiji;
fk flk Falkland Islands; fm fsm Micronesia; fo fro Faroe Islands; fr fra France; ga gab Gabon;
gb gbr United Kingdom; gd grd Grenada; ge geo Georgia; gf guf French Guiana; gg ggy Guernsey; gh gha Ghana;
gi gib Gibraltar; gl grl Greenland; gm gmb Gambia; gn gin Guinea; gp glp Guadeloupe; gq gnq Equatorial Guinea;
gr grc Greece; gs sgs South Georgia and the South Sandwich Islands; gt gtm Guatemala; gu gum Guam;
gw gnb Guinea-Bissau; gy guy Guyana; hk hkg Hong Kong; hm hmd Heard Island and McDonald Islands;
hn hnd Honduras; hr hrv Croatia; ht hti Haiti; hu hun Hungary; id idn Indonesia; ie irl Ireland; il isr Israel;
im imn Isle of Man; in ind India; io iot British Indian Ocean Territory; iq irq Iraq; ir irn Iran;
is isl Iceland; it ita Italy; je jey Jersey; jm jam Jamaica; jo jor Jordan; jp jpn Japan; ke ken Kenya;
kg kgz Kyrgyzstan; kh khm Cambodia; ki kir Kiribati; km com Comoros; kn kna Saint Kitts and Nevis;
kp prk North Korea; kr kor South Korea; kw kwt Kuwait; ky cym Cayman Islands; kz kaz Kazakhstan; la lao Laos;
lb lbn Lebanon; lc lca Saint Lucia; li lie Liechtenstein; lk lka Sri Lanka; lr lbr Liberia; ls lso Lesotho;
lt ltu Lithuania; lu lux Luxembourg; lv lva Latvia; ly lby Libya; ma mar Morocco; mc mco Monaco;
md mda Moldova; me mne Montenegro; mf maf Saint Martin; mg mdg Madagascar; mh mhl Marshall Islands;
mk mkd North Macedonia; ml mli Mali; mm mmr Myanmar; mn mng Mongolia; mo mac Macao;
mp mnp Northern Mariana Islands; mq mtq Martinique; mr mrt Mauritania; ms msr Montserrat; mt mlt Malta;
mu mus Mauritius; mv mdv Maldives; mw mwi Malawi; mx mex Mexico; my mys Malaysia; mz moz Mozambique;
na nam Namibia; nc ncl New Caledonia; ne ner Niger; nf nfk Norfolk Island; ng nga Nigeria; ni nic Nicaragua;
nl nld Netherlands; no nor Norway; np npl Nepal; nr nru Nauru; nu niu Niue; nz nzl New Zealand; om omn Oman;
pa pan Panama; pe per Peru; pf pyf French Polynesia; pg png Papua New Guinea; ph phl Philippines;
pk pak Pakistan; pl pol Poland; pm spm Saint Pierre and Miquelon; pn pcn Pitcairn; pr pri Puerto Rico;
ps pse Palestine; pt prt Portugal; pw plw Palau; py pry Paraguay; qa qat Qatar; re reu Réunion; ro rou Romania;
rs srb Serbia; ru rus Russia; rw rwa Rwanda; sa sau Saudi Arabia; sb slb Solomon Islands; sc syc Seychelles;
sd sdn Sudan; se swe Sweden; sg sgp Singapore; sh shn Saint Helena; si svn Slovenia;
sj sjm Svalbard and Jan Mayen; sk svk Slovakia; sl sle Sierra Leone; sm smr San Marino; sn sen Senegal;
so som Somalia; sr sur Suriname; ss ssd South Sudan; st stp Sao Tome and Principe; sv slv El Salvador;
sx sxm Sint Maarten; sy syr Syria; sz swz Eswatini; tc tca Turks and Caicos Islands; td tcd Chad;
tf atf French Southern Territories; tg tgo Togo; th tha Thailand; tj tjk Tajikistan; tk tkl Tokelau;
tl tls Timor-Leste; tm tkm Turkmenistan; tn tun Tunisia; to ton Tonga; tr tur Turkey;
tt tto Trinidad and Tobago; tv tuv Tuvalu; tw twn Taiwan; tz tza Tanzania; ua ukr Ukraine; ug uga Uganda;
um umi United States Minor Outlying Islands; us usa United States; uy ury Uruguay; uz uzb Uzbekistan;
va vat Vatican City; vc vct Saint Vincent and the Grenadines; ve ven Venezuela; vg vgb British Virgin Islands;
vi vir US Virgin Islands; vn vnm Vietnam; vu vut Vanuatu; wf wlf Wallis and Futuna; ws wsm Samoa; ye yem Yemen;
yt myt Mayotte; za zaf South Africa; zm zmb Zambia; zw zwe Zimbabwe
"""

# Other names in daily use.
_ALSO = """
us United States of America; us America; gb UK; gb Great Britain; gb England; gb Scotland; gb Wales;
gb Northern Ireland; kr Korea; kr Republic of Korea; ru Russian Federation; tr Türkiye; cz Czech Republic; nl Holland;
ae UAE; va Vatican; ci Ivory Coast; sz Swaziland; mk Macedonia; mm Burma; cv Cape Verde; tl East Timor;
cd DR Congo; cg Republic of the Congo; la Lao PDR; vn Viet Nam; tw Taiwan; hk Hong Kong SAR; mo Macau
"""


def _names() -> tuple[tuple[str, str], ...]:
    entries = [entry.split(maxsplit=2) for entry in _COUNTRIES.replace("\n", " ").split(";")]
    also = [entry.split(maxsplit=1) for entry in _ALSO.replace("\n", " ").split(";")]
    return (*((two, name) for two, *names in entries for name in names), *((two, name) for two, name in also))


NAMES = _names()
"""(two letters, one of the country's other codes or names), the former in lower case."""
