"""What countries are called (U5). Made by tests/support/country_names.py: do not edit.

Sources: ISO 3166-1 (its codes and English names); Unicode CLDR 48.2.0, the names in English, Arabic, Chinese, Dutch,
French, German, Indonesian, Italian, Japanese, Korean, Polish, Portuguese, Russian, Spanish, Turkish and Vietnamese and
in each country's official languages (Unicode License V3); everyday English by hand.
"""

from typing import Final

_TABLE: Final = """
ad: 020 and andora andorra andorre principalityofandorra андорра أندورا アンドラ 安道尔 安道爾 안도라 ae: 784 are
birlesikarapemirlikleri cactieuvuongquocarapthongnhat emiradosarabesunidos emirates emiratiarabiuniti
emiratosarabesunidos emiratsarabesunis uae uniemiratarab unitedarabemirates vereinigtearabischeemirate
verenigdearabischeemiraten zjednoczoneemiratyarabskie оаэ الإماراتالعربيةالمتحدة アラブ首長国連邦 阿拉伯联合酋长国
阿拉伯聯合大公國 아랍에미리트 af: 004 afeganistao afg afganistan afghanistan islamicrepublicofafghanistan owganystan
афганистан أفغانستان افغانستان アフガニスタン 阿富汗 아프가니스탄 ag: 028 antiguaandbarbuda antiguabarbuda
antiguadanbarbuda antiguaebarbuda antiguaenbarbuda antiguaetbarbuda antiguaibarbuda antiguaundbarbuda antiguavabarbuda
antiguavebarbuda antiguaybarbuda atg антигуаибарбуда أنتيغواوبربودا アンティグアバーブーダ 安地卡及巴布達 安提瓜和巴布达
앤티가바부다 ai: 660 aia anguila anguilla ангилья أنغويلا アンギラ 安圭拉 安奎拉 앵귈라 al: 008 alb albania albanie
albanien arnavutluk republicofalbania shqiperi албания ألبانيا アルバニア 阿尔巴尼亚 阿爾巴尼亞 알바니아 am: 051 arm
armenia armenie armenien ermenistan republicofarmenia армения հայաստան أرمينيا アルメニア 亚美尼亚 亞美尼亞 아르메니아
ao: 024 ago angola republicofangola ангола أنغولا アンゴラ 安哥拉 앙골라 aq: 010 antarctica antarctique antarktika
antarktis antarktyda antartida antartide ata namcuc антарктида أنتاركتيكا 南极洲 南極 南極洲 남극대륙 ar: 032 arg
argentina argentine argentinerepublic argentinie argentinien argentyna arjantin аргентина الأرجنتين アルゼンチン 阿根廷
아르헨티나 as: 016 americansamoa amerikaanssamoa amerikanischsamoa amerikansamoası asm samoaamericaines samoaamericana
samoaamericane samoaamerika samoaamerykanskie samoathuocmy американскоесамоа سامواالأمريكية 米領サモア 美属萨摩亚
美屬薩摩亞 아메리칸사모아 at: 040 austria austrija ausztria aut autriche avstrija avusturya oostenrijk osterreich
republicofaustria австрия النمسا オーストリア 奥地利 奧地利 오스트리아 au: 036 aus australia australie australien
avustralya австралия أستراليا オーストラリア 澳大利亚 澳洲 오스트레일리아 aw: 533 abw aruba аруба أروبا アルバ
荷屬阿魯巴 阿鲁巴 아루바 ax: 248 ala aland alandadaları alandinseln alandislands ilesaland ilhasaland islasaland
isolealand kepulauanaland quanđaoaland wyspyalandzkie аландскиеова جزرآلاند オーランド諸島 奥兰群岛 奧蘭群島 올란드제도
az: 031 aserbaidschan aze azerbaidjan azerbaigian azerbaijan azerbaijao azerbaiyan azerbaycan azerbeidzjan azerbejdzan
azərbaycan republicofazerbaijan азербайджан азәрбајҹан أذربيجان アゼルバイジャン 亞塞拜然 阿塞拜疆 아제르바이잔 ba: 070
bih bosnahersek bosnaihercegovina bosnia bosniaandherzegovina bosniadanherzegovina bosniaederzegovina bosniaeherzegovina
bosniahercegovina bosniaherzegovina bosniaihercegowina bosniavaherzegovina bosniayherzegovina bosnieenherzegovina
bosnieherzegovine bosnienundherzegowina republicofbosniaandherzegovina republicofbosniaherzegovina боснаихерцеговина
боснияигерцеговина البوسنةوالهرسك ボスニアヘルツェゴビナ 波士尼亞與赫塞哥維納 波斯尼亚和黑塞哥维那 보스니아헤르체고비나
bb: 052 barbade barbados brb барбадос بربادوس バルバドス 巴巴多斯 巴貝多 바베이도스 bd: 050 banglades bangladesch
bangladesh bangladesz bgd peoplesrepublicofbangladesh бангладеш بنغلاديش বাংলাদেশ バングラデシュ 孟加拉 孟加拉国
방글라데시 be: 056 bel belcika belgia belgica belgie belgien belgio belgique belgium kingdomofbelgium бельгия بلجيكا
ベルギー 比利时 比利時 벨기에 bf: 854 bfa burkinafaso burquinafaso буркинафасо بوركينافاسو ブルキナファソ 布吉納法索
布基纳法索 부르키나파소 bg: 100 bgr bulgaria bulgarie bulgarien bulgarije bulgaristan bułgaria republicofbulgaria
болгария българия بلغاريا ブルガリア 保加利亚 保加利亞 불가리아 bh: 048 bahrain bahrajn bahrein bahreyn barein bhr
kingdomofbahrain бахрейн البحرين バーレーン 巴林 바레인 bi: 108 bdi burundi republicofburundi uburundi бурунди بوروندي
ブルンジ 布隆迪 蒲隆地 부룬디 bj: 204 ben benin republicofbenin бенин بنين ベナン 貝南 贝宁 베냉 bl: 652 blm
saintbarthelemy sanbartolome saobartolomeu stbarthelemy сенбартелеми سانبارتليمي サンバルテルミー 圣巴泰勒米 聖巴瑟米
생바르텔레미 bm: 060 bermuda bermudas bermudes bermudy bmu бермудскиеова برمودا バミューダ 百慕大 百慕達 버뮤다 bn: 096
brn brunei bruneidarussalam бруней بروناي ブルネイ 文莱 汶萊 브루나이 bo: 068 bol bolivia boliviaplurinationalstateof
bolivie bolivien bolivya boliwia plurinationalstateofbolivia боливия بوليفيا ボリビア 玻利維亞 玻利维亚 볼리비아 bq: 535
belandakaribia bes bonairesinteustatiusandsaba bonairesinteustatiussaba caraibiolandesi caribbeannetherlands caribehalan
caribeneerlandes caribischnederland karayiphollandası karibischeniederlande niderlandykaraibskie paisesbaixoscaribenhos
paysbascaribeens sinteustatiusandsababonaire sinteustatiussababonaire бонэйрсинтэстатиусисаба هولنداالكاريبية
オランダ領カリブ 荷属加勒比区 荷蘭加勒比區 네덜란드령카리브 br: 076 bra brasil brasile brasilien brazil brazile brazilie
brazylia bresil brezilya federativerepublicofbrazil бразилия البرازيل ブラジル 巴西 브라질 bs: 044 bahama bahamalar
bahamas bahamy bhs commonwealthofthebahamas thebahamas багамы جزرالبهاما バハマ 巴哈馬 巴哈马 바하마 bt: 064 bhoutan
bhutan btn butan butao kingdomofbhutan бутан بوتان འབྲུག ブータン 不丹 부탄 bv: 074 bouvetadası bouveteiland bouvetinsel
bouvetisland bvt ilebouvet ilhabouvet islabouvet isolabouvet pulaubouvet wyspabouveta đaobouvet овбуве جزيرةبوفيه
ブーベ島 布威島 布韦岛 부베섬 bw: 072 botsuana botsvana botswana bwa republicofbotswana ботсвана بوتسوانا ボツワナ
博茨瓦纳 波札那 보츠와나 by: 112 belarus białorus bielorrusia bielorrussia bielorussia bielorussie blr republicofbelarus
беларусь بيلاروس ベラルーシ 白俄罗斯 白俄羅斯 벨라루스 bz: 084 belice belize blz белиз بليز ベリーズ 伯利兹 貝里斯
벨리즈 ca: 124 can canada kanada канада كندا カナダ 加拿大 캐나다 cc: 166 cck cocos cocoseilanden cocosislands
cocoskeelingadaları cocoskeelingislands ilescocos ilhascocoskeeling islascocos isolecocoskeeling kepulauancocoskeeling
kokosinseln quanđaococoskeeling wyspykokosowe кокосовыеова جزركوكوسكيلينغ ココスキーリング諸島 科克斯基靈群島
科科斯基林群岛 코코스제도 cd: 180 cod conghoadanchucongo congodemrep congodrc congokinshasa congordc
congothedemocraticrepublicofthe democraticrepublicofthecongo demokratycznarepublikakonga drc drcongo
kongodemokratikcumhuriyeti kongodemokratischerepublik kongodrc kongodrk kongokinsasa kongokinshasa kongordk
republicademocraticadelcongo republicademocraticadocongo republikiyakongodemokratiki thedemocraticrepublicofthecongo
zaire конгодрк конгокиншаса الكونغوكينشاسا جمهوريةالكونغوالديمقراطية コンゴ民主共和国 コンゴ民主共和国キンシャサ
刚果民主共和国 刚果金 剛果民主共和國 剛果金夏沙 콩고민주공화국 콩고킨샤사 cf: 140 caf car centraalafrikaanserepubliek
centralafricanrepublic conghoatrungphi kodorosesetibeafrika ortaafrikacumhuriyeti repubblicacentrafricana
republicacentroafricana republikafrikatengah republikasrodkowoafrykanska republiquecentrafricaine
zentralafrikanischerepublik центральноафриканскаяреспублика جمهوريةأفريقياالوسطى 中央アフリカ共和国 中非共和国
中非共和國 중앙아프리카공화국 cg: 178 cog conghoacongo congo congobrazzaville congorep congorepubblica congorepublic
congorepublica congorepubliek kongo kongobrazavil kongobrazzaville kongocumhuriyeti kongorepublik republicadocongo
republicofthecongo republikakonga republiqueducongo конгобраззавиль республикаконго الكونغوبرازافيل جمهوريةالكونغو
コンゴ共和国 コンゴ共和国ブラザビル 刚果共和国 刚果布 剛果共和國 剛果布拉薩 콩고공화국 콩고브라자빌 ch: 756 che isvicre
schweiz schwiiz suica suisse suiza svizra svizzera swiss swissconfederation switzerland szwajcaria thuysi zwitserland
швейцария سويسرا スイス 瑞士 스위스 ci: 384 bobiennga civ costadavorio costademarfil costadomarfim cotedivoire
elfenbeinkuste fildisisahili ivoorkust ivorycoast pantaigading republicofcotedivoire republiquedecotedivoire
wybrzezekoscisłoniowej котдивуар ساحلالعاج كوتديفوار コートジボワール 科特迪瓦 象牙海岸 아이보리코스트 코트디부아르 ck:
184 cok cookadaları cookeilanden cookinseln cookislands ilescook ilhascook islascook isolecook kepulauancook quanđaocook
wyspycooka овакука جزركوك クック諸島 库克群岛 庫克群島 쿡제도 cl: 152 chile chili chl cile republicofchile sili чили
تشيلي チリ 智利 칠레 cm: 120 camaroes cameroon cameroun camerun cmr kameroen kamerun republicofcameroon камерун
الكاميرون カメルーン 喀麥隆 喀麦隆 카메룬 cn: 156 china chine chiny chn cin cina cunghgoz mainlandchina
peoplesrepublicofchina prc tiongkok trungquoc китай الصين جۇڭگو རྒྱནག 中国 中國 중국 co: 170 col colombia colombie
kolombia kolombiya kolumbia kolumbien republicofcolombia колумбия كولومبيا コロンビア 哥伦比亚 哥倫比亞 콜롬비아 cr: 188
costarica cri kostarika kostaryka republicofcostarica костарика كوستاريكا コスタリカ 哥斯大黎加 哥斯达黎加 코스타리카
cu: 192 cub cuba kuba republicofcuba куба كوبا キューバ 古巴 쿠바 cv: 132 caboverde capeverde capoverde capvert cpv
kaapverdie republicofcaboverde republikazielonegoprzyladka tanjungverde кабоверде الرأسالأخضر カーボベルデ 佛得角 維德角
카보베르데 cw: 531 curacao curazao cuw korsou кюрасао كوراساو キュラソー 库拉索 庫拉索 퀴라소 cx: 162 christmasadası
christmaseiland christmasisland cxr ilechristmas ilhachristmas isladenavidad isolachristmas pulaunatal weihnachtsinsel
wyspabozegonarodzenia đaogiangsinh оврождества جزيرةكريسماس クリスマス島 圣诞岛 聖誕島 크리스마스섬 cy: 196 chipre
chypre cipro cyp cypr cyprus kıbrıs republicofcyprus sip siprus zypern κύπρος кипр قبرص キプロス 塞浦路斯 賽普勒斯
키프로스 cz: 203 cechia cekcumhuriyeti ceko cekya ceskarepublika cesko chequia conghoasec cze czechia czechrep
czechrepublic czechy repubblicaceca republicacheca republicatcheca republikaczeska republikceko republiquetcheque sec
tchequia tchequie tschechien tschechischerepublik tsjechie tsjechischerepubliek чехия чешскаяреспублика التشيك
جمهوريةالتشيك チェコ チェコ共和国 捷克 捷克共和国 捷克共和國 체코 체코공화국 de: 276 alemanha alemania allemagne almanya
brd deu deutschland duitsland federalrepublicofgermany germania germany jerman niemcy westgermany đuc германия ألمانيا
ドイツ 德国 德國 독일 dj: 262 cibuti dji djibouti djibuti dschibuti dzibuti gibuti jibuti republicofdjibouti yibuti
джибути جيبوتي ジブチ 吉布地 吉布提 지부티 dk: 208 danemark dania danimarca danimarka danmark denemarken denmark
dinamarca dnk kingdomofdenmark đanmach дания الدانمرك デンマーク 丹麥 丹麦 덴마크 dm: 212 commonwealthofdominica dma
dominica dominika dominique доминика دومينيكا ドミニカ国 多米尼克 도미니카 do: 214 conghoadominica dom
dominicaanserepubliek dominicanrep dominicanrepublic dominikana dominikanischerepublik dominikcumhuriyeti
repubblicadominicana republicadominicana republikdominika republiquedominicaine доминиканскаяреспублика
جمهوريةالدومينيكان ドミニカ共和国 多明尼加共和國 多米尼加共和国 도미니카공화국 dz: 012 algeria algerie algerien algerije
algieria aljazair argelia cezayir dza peoplesdemocraticrepublicofalgeria алжир الجزائر アルジェリア 阿尔及利亚
阿爾及利亞 알제리 ec: 218 ecu ecuador ekuador ekvador ekwador equador equateur republicofecuador эквадор الإكوادور
エクアドル 厄瓜多 厄瓜多尔 에콰도르 ee: 233 eesti est estland estonia estonie estonya republicofestonia эстония إستونيا
エストニア 愛沙尼亞 爱沙尼亚 에스토니아 eg: 818 agypten aicap arabrepublicofegypt egipt egipto egito egitto egy egypt
egyptarabrep egypte mesir mısır египет مصر エジプト 埃及 이집트 eh: 732 batısahra esh saaraocidental saharabarat
saharaoccidental saharaoccidentale saharazachodnia taysahara westelijkesahara westernsahara westsahara западнаясахара
الصحراءالغربية 西サハラ 西撒哈拉 서사하라 er: 232 eri eritre eritrea eritreia erythree erytrea stateoferitrea
thestateoferitrea эритрея إريتريا ኤርትራ エリトリア 厄利垂亞 厄立特里亚 에리트리아 es: 724 esp espagne espainia espana
espanha espanya hiszpania ispanya kingdomofspain spagna spain spanien spanje spanyol taybannha испания إسبانيا スペイン
西班牙 스페인 et: 231 athiopien eth ethiopia ethiopie etiopia etiyopya federaldemocraticrepublicofethiopia эфиопия
إثيوبيا ኢትዮጵያ エチオピア 埃塞俄比亚 衣索比亞 에티오피아 fi: 246 fin finland finlande finlandia finlandiya finnland
phanlan republicoffinland suomi финляндия فنلندا フィンランド 芬兰 芬蘭 핀란드 fj: 242 fidji fidschi fidzi figi fiji
fiyi fji republicoffiji фиджи فيجي フィジー 斐济 斐濟 피지 fk: 238 falklandadaları falklandadalarımalvinasadaları
falklandeilanden falklandeilandenislasmalvinas falklandinseln falklandinselnmalwinen falklandislands
falklandislandsislasmalvinas falklandislandsmalvinas falklandy falklandymalwiny flk ilesmalouines
ilesmalouinesilesfalkland ilhasmalvinas ilhasmalvinasilhasfalkland islasmalvinas islasmalvinasislasfalkland
isolefalkland isolefalklandisolemalvine kepulauanfalkland kepulauanfalklandmalvinas quanđaofalkland
quanđaofalklandislasmalvinas фолклендскиемальвинскиеова фолклендскиеова جزرفوكلاند جزرفوكلاندجزرمالفيناس
フォークランド諸島 フォークランド諸島マルビーナス諸島 福克兰群岛 福克兰群岛马尔维纳斯群岛 福克蘭群島
福克蘭群島馬爾維納斯群島 포클랜드제도 포클랜드제도말비나스군도 fm: 583 federatedstatesofmicronesia fsm micronesia
micronesiafederatedstatesof micronesiafedsts micronesie mikronesia mikronesien mikronezja mikronezya
федеративныештатымикронезии ميكرونيزيا ミクロネシア連邦 密克罗尼西亚 密克羅尼西亞 미크로네시아 fo: 234 faeroer
faroeadaları faroeislands faroer fro føroyar ilesferoe ilhasfaroe islasferoe isolefærøer kepulauanfaroe quanđaofaroe
wyspyowcze фарерскиеова جزرفارو フェロー諸島 法罗群岛 法羅群島 페로제도 fr: 250 fra franca france francia francja
frankreich frankrijk fransa frenchrepublic phap prancis франция فرنسا フランス 法国 法國 프랑스 ga: 266 gab gabao gabon
gaboneserepublic gabun габон الغابون ガボン 加彭 加蓬 가봉 gb: 826 anriochtaontaithe anrioghachdaonaichte
birlesikkrallık britain england gbr greatbritain inggrisraya northernireland regnounito reinounido royaumeuni scotland
uk unitedkingdom unitedkingdomofgreatbritain unitedkingdomofgreatbritainandnorthernireland
unitedkingdomofgreatbritainnorthernireland vereinigteskonigreich verenigdkoninkrijk vuongquocanh wales wielkabrytania
wlkbryt ydeyrnasunedig британия великобритания المملكةالمتحدة イギリス 英国 英國 영국 gd: 308 granada grd grenada
grenade гренада غرينادا グレナダ 格林纳达 格瑞那達 그레나다 ge: 268 geo georgia georgie georgien gruzja gurcistan грузия
гуырдзыстон جورجيا საქართველო ジョージア 喬治亞 格鲁吉亚 조지아 gf: 254 fransguyana fransızguyanası franzosischguayana
frenchguiana guayanafrancesa guf guianafrancesa guianathuocphap gujanafrancuska guyanafrancese guyanaprancis
guyanefrancaise французскаягвиана غوياناالفرنسية 仏領ギアナ 法属圭亚那 法屬圭亞那 프랑스령기아나 gg: 831 ggy guernesey
guernsey гернси غيرنزي ガーンジー 根息 根西岛 건지 gh: 288 gaana gana gha ghana ghananutome republicofghana гана غانا
ガーナ 加纳 迦納 가나 gi: 292 cebelitarık gib gibilterra gibraltar гибралтар جبلطارق ジブラルタル 直布罗陀 直布羅陀
지브롤터 gl: 304 greenland grenlandia grl groenland groenlandia gronland kalaallitnunaat гренландия غرينلاند
グリーンランド 格陵兰 格陵蘭 그린란드 gm: 270 gambia gambie gambiya gmb republicofthegambia thegambia гамбия غامبيا
ガンビア 冈比亚 甘比亞 감비아 gn: 324 gin gine guine guinea guinee gwinea republicofguinea гвинея غينيا ギニア 几内亚
幾內亞 기니 gp: 312 glp guadalupa guadalupe guadeloupe gwadelupa гваделупа غوادلوب グアドループ 瓜地洛普 瓜德罗普
과들루프 gq: 226 aquatorialguinea ekvatorginesi equatoriaalguinea equatorialguinea gnq guineaecuatorial guineaekuatorial
guineaequatoriale guineaxichđao guineeequatoriale guineequatorial gwinearownikowa republicofequatorialguinea
экваториальнаягвинея غينياالاستوائية 赤道ギニア 赤道几内亚 赤道幾內亞 적도기니 gr: 300 el grc grece grecia grecja greece
griechenland griekenland hellas hellenicrepublic hylap yunani yunanistan ελλάδα греция اليونان ギリシャ 希腊 希臘 그리스
gs: 239 georgiadelsudesandwichaustrali georgiapołudniowaisandwichpołudniowy georgiaselatankepsandwichselatan
georgiedusudetlesilessandwichdusud guneygeorgiaveguneysandwichadaları ilhasgeorgiadosulesandwichdosul
islasgeorgiadelsurysandwichdelsur namgeorgiaquanđaonamsandwich sgs southgeorgiaandsouthsandwichislands
southgeorgiaandthesouthsandwichislands southgeorgiasouthsandwichislands southgeorgiathesouthsandwichislands
sudgeorgienunddiesudlichensandwichinseln zuidgeorgiaenzuidelijkesandwicheilanden южнаягеоргияиюжныесандвичевыова
جورجياالجنوبيةوجزرساندويتشالجنوبية サウスジョージアサウスサンドウィッチ諸島 南乔治亚和南桑威奇群岛
南喬治亞與南三明治群島 사우스조지아사우스샌드위치제도 gt: 320 gtm guatemala gwatemala republicofguatemala гватемала
غواتيمالا グアテマラ 危地马拉 瓜地馬拉 과테말라 gu: 316 guam gum гуам غوام グアム 关岛 關島 괌 gw: 624 ginebissau gnb
guineabisau guineabissau guinebissau guineebissau gwineabissau republicofguineabissau гвинеябисау غينيابيساو
ギニアビサウ 几内亚比绍 幾內亞比索 기니비사우 gy: 328 guiana gujana guy guyana republicofguyana гайана غيانا ガイアナ
圭亚那 蓋亞那 가이아나 hk: 344 cinhongkongoib hkg hongkong hongkongdaktiongkok hongkongraedachina hongkongsar
hongkongsarchina hongkongsarvanchina hongkongspecialadministrativeregionofchina raedehongkongchina raschinoisedehongkong
rasdihongkong sonderverwaltungsregionhongkong srahongkongchiny đackhuhanhchinhhongkongtrungquoc гонконг гонконгсар
هونغكونغ هونغكونغالصينيةمنطقةإداريةخاصة 中国香港特别行政区 中國香港特別行政區 中華人民共和国香港特別行政区 香港 홍콩
홍콩중국특별행정구 hm: 334 heardadasıvemcdonaldadaları heardandmcdonaldislands heardenmcdonaldeilanden
heardislandandmcdonaldislands heardislandmcdonaldislands heardmcdonaldislands heardundmcdonaldinseln hmd
ilesheardetmacdonald ilhasheardemcdonald islasheardymcdonald isoleheardemcdonald pulauhearddankepulauanmcdonald
quanđaoheardvamcdonald wyspyheardimcdonalda овахердимакдональд جزيرةهيردوجزرماكدونالد ハード島マクドナルド諸島
赫德岛和麦克唐纳群岛 赫德島及麥唐納群島 허드맥도널드제도 hn: 340 hnd honduras republicofhonduras гондурас هندوراس
ホンジュラス 宏都拉斯 洪都拉斯 온두라스 hr: 191 chorwacja croacia croasia croatia croatie croazia hrv hrvatska
hırvatistan kroasia kroatie kroatien republicofcroatia хорватия كرواتيا クロアチア 克罗地亚 克羅埃西亞 크로아티아 ht:
332 haiti hti republicofhaiti гаити هايتي ハイチ 海地 아이티 hu: 348 hongarije hongrie hun hungaria hungary hungria
macaristan magyarorszag ungarn ungheria wegry венгрия هنغاريا ハンガリー 匈牙利 헝가리 id: 360 endonezya idn indonesia
indonesie indonesien indonezja republicofindonesia индонезия إندونيسيا インドネシア 印尼 印度尼西亚 인도네시아 ie: 372
eire ierland ireland irl irland irlanda irlande irlandia republicofireland ирландия أيرلندا アイルランド 愛爾蘭 爱尔兰
아일랜드 il: 376 isr israel israele israil izrael stateofisrael израиль ישראל إسرائيل イスラエル 以色列 이스라엘 im: 833
ellanvannin iledeman ilhademan imn islademan isleofman isoladiman manadası pulauman wyspaman đaoman овмэн جزيرةمان
マン島 曼島 马恩岛 맨섬 in: 356 anđo bharat hindistan ind inde india indie indien republicofindia индия الهند بھارت ڀارت
ہِندوستان भारत भारतः ভারত ভাৰত ਭਾਰਤ ભારત ଭାରତ இந்தியா భారతదేశం ಭಾರತ ഇന്ത്യ ᱤᱱᱰᱤᱭᱟ インド 印度 인도 io: 086
archipelagczagos archipeldeschagos archipielagodechagos arcipelagochagos arquipelagodechagos
britanyahintokyanusutoprakları britischesterritoriumimindischenozean britishindianoceanterritory
britsindischeoceaanterritorium brytyjskieterytoriumoceanuindyjskiego chagosarchipel chagosarchipelago chagoseilanden
chagostakımadaları iot kepulauanchagos lanhthoanđoduongthuocanh quanđaochagos territoirebritanniquedeloceanindien
territoriobritanicodeloceanoindico territoriobritanicodooceanoindico territoriobritannicodelloceanoindiano
wilayahinggrisdisamudrahindia архипелагчагос британскаятерриториявиндийскомокеане أرخبيلتشاغوس
الإقليمالبريطانيفيالمحيطالهندي チャゴス諸島 查哥斯群島 查戈斯群岛 英属印度洋领地 英屬印度洋領地 英領インド洋地域
영국령인도양지역 차고스제도 iq: 368 irak iraq iraque irq republicofiraq ирак العراق عێراق イラク 伊拉克 이라크 ir: 364
ira iran iranislamicrep iranislamicrepublicof irn islamicrepublicofiran persia иран إيران ایران イラン 伊朗 이란 is: 352
iceland ijsland isl island islanda islande islandia izlanda republicoficeland исландия آيسلندا アイスランド 冰岛 冰島
아이슬란드 it: 380 ita italia italianrepublic italie italien italy italya włochy италия إيطاليا イタリア 意大利 義大利
이탈리아 je: 832 jersey jey джерси جيرسي ジャージー 泽西岛 澤西島 저지 jm: 388 giamaica jam jamaica jamaika jamaique
jamajka ямайка جامايكا ジャマイカ 牙买加 牙買加 자메이카 jo: 400 giordania hashemitekingdomofjordan jor jordan jordania
jordanie jordanien urdun yordania иордания الأردن ヨルダン 約旦 约旦 요르단 jp: 392 giappone japan japao japon japonia
japonya jepang jpn nhatban япония اليابان 日本 일본 ke: 404 ken kenia kenya quenia republicofkenya кения كينيا ケニア
肯亞 肯尼亚 케냐 kg: 417 kgz kirghizistan kirghizstan kirgisistan kirgistan kirgizie kirgizstan kirguistan
kyrgyzrepublic kyrgyzstan kırgızistan quirguistao киргизия кыргызстан قيرغيزستان キルギス 吉尔吉斯斯坦 吉爾吉斯
키르기스스탄 kh: 116 cambodge cambodia cambodja cambogia camboja camboya campuchia kambocya kambodscha kambodza kamboja
khm kingdomofcambodia камбоджа كمبوديا កម្ពុជា カンボジア 柬埔寨 캄보디아 ki: 296 kir kiribati quiribati
republicofkiribati кирибати كيريباتي キリバス 吉里巴斯 基里巴斯 키리바시 km: 174 com comoras comore comoren comores
comoros komoren komorlar komoro komory unionofthecomoros коморы جزرالقمر コモロ 科摩罗 葛摩 코모로 kn: 659 kna
saintchristopheetnieves saintkittsandnevis saintkittsdannevis saintkittsenevis saintkittsennevis saintkittsinevis
saintkittsnevis saintkittsvenevis sancristobalynieves saocristovaoenevis stkittsandnevis stkittsnevis stkittsundnevis
stkittsvanevis сенткитсиневис سانتكيتسونيفيس セントクリストファーネーヴィス 圣基茨和尼维斯 聖克里斯多福及尼維斯
세인트키츠네비스 kp: 408 coreadelnord coreadelnorte coreedunord coreiadonorte democraticpeoplesrepublicofkorea dprk
koreademocraticpeoplesrepublicof koreadempeoplesrep koreanorth koreapołnocna koreautara kuzeykore nkorea noordkorea
nordkorea northkorea prk trieutien кндр كورياالشمالية 北朝鮮 北韓 朝鲜 북한 kr: 410 coreadelsud coreadelsur coreedusud
coreiadosul guneykore hanquoc kor korea koreapołudniowa korearep korearepublicof koreaselatan koreasouth republicofkorea
rok skorea southkorea sudkorea zuidkorea республикакорея كورياالجنوبية 南韓 韓国 韩国 대한민국 한국 kw: 414 koeweit
koweit kuveyt kuwait kuwejt kwt stateofkuwait кувейт الكويت クウェート 科威特 쿠웨이트 ky: 136 caymanadaları
caymanislands cym ilescaimans ilhascayman islascaiman isolecayman kaaimaneilanden kaimaninseln kajmany kepulauancayman
quanđaocayman овакайман جزركايمان ケイマン諸島 开曼群岛 開曼群島 케이맨제도 kz: 398 cazaquistao kasachstan kaz
kazachstan kazajistan kazakhstan kazakistan republicofkazakhstan казахстан қазақстан كازاخستان カザフスタン 哈萨克斯坦
哈薩克 카자흐스탄 la: 418 lao laopdr laopeoplesdemocraticrepublic laos лаос لاوس ລາວ ラオス 寮國 老挝 라오스 lb: 422 lbn
lebaneserepublic lebanon liban libang libano libanon lubnan ливан لبنان レバノン 黎巴嫩 레바논 lc: 662 lca saintelucie
saintlucia santalucia stlucia сентлюсия سانتلوسيا セントルシア 圣卢西亚 聖露西亞 세인트루시아 li: 438 liachteschtai lie
liechtenstein principalityofliechtenstein лихтенштейн ليختنشتاين リヒテンシュタイン 列支敦士登 列支敦斯登 리히텐슈타인
lk: 144 ceylon democraticsocialistrepublicofsrilanka lka srilanka шриланка سريلانكا இலங்கை ශ්රීලංකාව スリランカ 斯里兰卡
斯里蘭卡 스리랑카 lr: 430 lbr liberia liberya republicofliberia либерия ليبيريا リベリア 利比里亚 賴比瑞亞 라이베리아
ls: 426 kingdomoflesotho lesotho lesoto lso лесото ليسوتو レソト 莱索托 賴索托 레소토 lt: 440 lietuva litauen lithuania
litouwen lituania lituanie litva litvanya litwa ltu republicoflithuania литва ليتوانيا リトアニア 立陶宛 리투아니아 lu:
442 grandduchyofluxembourg letzebuerg luksemburg lussemburgo lux luxembourg luxemburg luxemburgo люксембург لوكسمبورغ
ルクセンブルク 卢森堡 盧森堡 룩셈부르크 lv: 428 latvia latvija letland letonia letonya lettland lettonia lettonie lva
republicoflatvia łotwa латвия لاتفيا ラトビア 拉脫維亞 拉脱维亚 라트비아 ly: 434 lby libia libie libya libye libyen
ливия ليبيا リビア 利比亚 利比亞 리비아 ma: 504 fas kingdomofmorocco mar maroc marocco marokko maroko marrocos marruecos
merruk morocco марокко المغرب モロッコ 摩洛哥 모로코 mc: 492 mco monaco monako principalityofmonaco монако موناكو モナコ
摩納哥 摩纳哥 모나코 md: 498 mda moldavia moldavie moldova moldovarepublicof mołdawia republicamoldova republicofmoldova
republikmoldau молдова مولدوفا モルドバ 摩尔多瓦 摩爾多瓦 몰도바 me: 499 crnagora czarnogora karadag mne montenegro
черногория الجبلالأسود モンテネグロ 蒙特內哥羅 黑山 몬테네그로 mf: 663 maf saintmartin saintmartinfrenchpart sanmartin
saomartinho stmartin stmartinfrenchpart сенмартен سانمارتن サンマルタン 法属圣马丁 法屬聖馬丁 생마르탱 mg: 450
madagascar madagasikara madagaskar mdg republicofmadagascar мадагаскар مدغشقر マダガスカル 馬達加斯加 马达加斯加
마다가스카르 mh: 584 ilesmarshall ilhasmarshall islasmarshall isolemarshall kepulauanmarshall marshalladaları
marshalleilanden marshallinseln marshallislands mhl quanđaomarshall republicofthemarshallislands wyspymarshalla
маршалловыова جزرمارشال マーシャル諸島 馬紹爾群島 马绍尔群岛 마셜제도 mk: 807 bacmacedonia fyrom kuzeymakedonya
macedoinedunord macedonia macedoniadelnord macedoniadelnorte macedoniadonorte macedoniapołnocna makedoniautara
maqedoniaeveriut mkd noordmacedonie nordmazedonien northmacedonia republicofnorthmacedonia севернамакедонија
севернаямакедония مقدونياالشمالية 北マケドニア 北馬其頓 北马其顿 북마케도니아 ml: 466 mali mli republicofmali мали مالي
マリ 馬利 马里 말리 mm: 104 burma mianmarbirmania mjanmabirma mmr myanmar myanmarbirma myanmarbirmania myanmarbirmanie
myanmarburma myanmarmienđien republicofmyanmar мьянмабирма ميانماربورما မြန်မာ ミャンマービルマ 緬甸 缅甸 미얀마 mn: 496
mng mogolistan mongco mongolei mongolia mongolie монгол монголия منغوليا モンゴル 蒙古 몽골 mo: 446 cinmakaooib mac
macao macaosar macaosarchina macaospecialadministrativeregionofchina macau macauraedachina macausar macausarvanchina
makao makau makaudaktiongkok raedemacaochina raschinoisedemacao rasdimacao sonderverwaltungsregionmacau sramakauchiny
đackhuhanhchinhmacaotrungquoc макао макаосар مكاو منطقةماكاوالإداريةالخاصة マカオ 中国澳门特别行政区 中國澳門特別行政區
中華人民共和国マカオ特別行政区 澳門 澳门 마카오 마카오중국특별행정구 mp: 580 commonwealthofthenorthernmarianaislands
ilesmariannesdunord ilhasmarianasdonorte islasmarianasdelnorte isolemariannesettentrionali kepulauanmarianautara
kuzeymarianaadaları marianypołnocne mnp noordelijkemarianen nordlichemarianen northernmarianaislands quanđaobacmariana
северныемарианскиеова جزرمارياناالشمالية 北マリアナ諸島 北馬利安納群島 北马里亚纳群岛 북마리아나제도 mq: 474 martinica
martinik martinique martynika mtq мартиника جزرالمارتينيك マルティニーク 馬丁尼克 马提尼克 마르티니크 mr: 478
islamicrepublicofmauritania mauretania mauretanien mauritania mauritanie moritanya mrt мавритания موريتانيا モーリタニア
毛里塔尼亚 茅利塔尼亞 모리타니 ms: 500 montserrat msr монтсеррат مونتسرات モントセラト 蒙哲臘 蒙特塞拉特 몬트세라트 mt:
470 malta malte mlt republicofmalta мальта مالطا マルタ 馬爾他 马耳他 몰타 mu: 480 maurice mauricio mauritius mus
republicofmauritius маврикий موريشيوس モーリシャス 模里西斯 毛里求斯 모리셔스 mv: 462 maladewa maldivas maldive maldiven
maldives maldivler malediven malediwy mdv republicofmaldives мальдивы جزرالمالديف モルディブ 馬爾地夫 马尔代夫 몰디브
mw: 454 malaui malavi malawi mwi republicofmalawi малави ملاوي マラウイ 馬拉威 马拉维 말라위 mx: 484 meksika meksiko
meksyk messico mex mexico mexiko mexique unitedmexicanstates мексика المكسيك メキシコ 墨西哥 멕시코 my: 458 malaisie
malasia malaysia maleisie malezja malezya mys малайзия ماليزيا マレーシア 馬來西亞 马来西亚 말레이시아 mz: 508
mocambique mosambik moz mozambico mozambik mozambique republicofmozambique мозамбик موزمبيق モザンビーク 莫三比克
莫桑比克 모잠비크 na: 516 nam namibia namibie namibya republicofnamibia намибия ناميبيا ナミビア 納米比亞 纳米比亚
나미비아 nc: 540 kaledoniabaru ncl neukaledonien newcaledonia nieuwcaledonie nouvellecaledonie novacaledonia
nowakaledonia nuevacaledonia nuovacaledonia yenikaledonya новаякаледония كاليدونياالجديدة ニューカレドニア 新喀里多尼亚
新喀里多尼亞 뉴칼레도니아 ne: 562 ner niger nijer republicoftheniger нигер النيجر ニジェール 尼日 尼日尔 니제르 nf: 574
ilenorfolk ilhanorfolk islanorfolk isolanorfolk kepulauannorfolk nfk norfolk norfolkadası norfolkinsel norfolkisland
đaonorfolk овнорфолк جزيرةنورفولك ノーフォーク島 諾福克島 诺福克岛 노퍽섬 ng: 566 federalrepublicofnigeria naijiria nga
nigeria nijerya нигерия نيجيريا ナイジェリア 奈及利亞 尼日利亚 나이지리아 ni: 558 nic nicaragua nikaragua
republicofnicaragua никарагуа نيكاراغوا ニカラグア 尼加拉瓜 니카라과 nl: 528 belanda halan holandia holland hollanda
kingdomofthenetherlands nederlan nederland netherlands netherlandskingdomofthe niederlande nld paesibassi paisesbaixos
paisesbajos paysbas thenetherlands нидерланды هولندا オランダ 荷兰 荷蘭 네덜란드 no: 578 kingdomofnorway nauy noorwegen
nor noreg norga norge noruega norvec norvege norvegia norway norwegen norwegia норвегия النرويج ノルウェー 挪威 노르웨이
np: 524 federaldemocraticrepublicofnepal nepal npl непал نيبال नेपाल ネパール 尼泊尔 尼泊爾 네팔 nr: 520 nauru nru
republicofnauru науру ناورو ナウル 瑙鲁 諾魯 나우루 nu: 570 niu niue ниуэ نيوي ニウエ 紐埃島 纽埃 니우에 nz: 554
aotearoa aotearoadanovazelandia aotearoaneuseeland aotearoanewzealand aotearoanieuwzeeland aotearoanouvellezelande
aotearoanuevazelanda aotearoaselandiabaru aotearoayenizelanda neuseeland newzealand nieuwzeeland nouvellezelande
novazelandia nowazelandia nuevazelanda nuovazelanda nuovazelandaaotearoa nzl selandiabaru yenizelanda
аотеароановаязеландия новаязеландия نيوزيلندا アオテアロアニュージーランド ニュージーランド 新西兰 紐西蘭 뉴질랜드 om:
512 oma oman omn sultanateofoman umman оман عُمان オマーン 阿曼 오만 pa: 591 pan panama republicofpanama панама بنما
パナマ 巴拿馬 巴拿马 파나마 pe: 604 per perou peru republicofperu перу بيرو ペルー 秘魯 秘鲁 페루 pf: 258 franspolynesie
fransızpolinezyası franzosischpolynesien frenchpolynesia polinesiafrancesa polinesiafrancese polinesiaprancis
polinezjafrancuska polynesiathuocphap polynesiefrancaise pyf французскаяполинезия بولينيزياالفرنسية 仏領ポリネシア
法属波利尼西亚 法屬玻里尼西亞 프랑스령폴리네시아 pg: 598 independentstateofpapuanewguinea papoeanieuwguinea
papouasienouvelleguinee papuaneuguinea papuanewguinea papuaniugini papuanovaguine papuanowagwinea papuanuevaguinea
papuanugini papuanuovaguinea papuayenigine png папуановаягвинея بابواغينياالجديدة パプアニューギニア 巴布亚新几内亚
巴布亞紐幾內亞 파푸아뉴기니 ph: 608 filipijnen filipina filipinas filipinler filipiny filippine philippinen philippines
phl pilipinas republicofthephilippines thephilippines филиппины الفلبين フィリピン 菲律宾 菲律賓 필리핀 pk: 586
islamicrepublicofpakistan pak pakistan paquistao пакистан باكستان پاکستان パキスタン 巴基斯坦 파키스탄 pl: 616 balan
lenkija pol poland polandia polen pologne polonia polonya polska republicofpoland польша بولندا ポーランド 波兰 波蘭
폴란드 pm: 666 saintpierreandmiquelon saintpierredanmiquelon saintpierreemiquelon saintpierreenmiquelon
saintpierreetmiquelon saintpierreimiquelon saintpierremiquelon saintpierrevamiquelon saintpierrevemiquelon
sanpedroymiquelon saopedroemiquelao spm stpierreandmiquelon stpierremiquelon stpierreundmiquelon сенпьеримикелон
سانبييرومكويلون サンピエール島ミクロン島 圣皮埃尔和密克隆群岛 聖皮埃與密克隆群島 생피에르미클롱 pn: 612 ilespitcairn
ilhaspitcairn islaspitcairn isolepitcairn kepulauanpitcairn pcn pitcairn pitcairnadaları pitcairneilanden pitcairninseln
pitcairnislands quanđaopitcairn овапиткэрн جزربيتكيرن ピトケアン諸島 皮特凯恩群岛 皮特肯群島 핏케언제도 pr: 630
portorico portoriko portoryko pri puertorico puertoriko пуэрторико بورتوريكو プエルトリコ 波多黎各 푸에르토리코 ps: 275
filistin filistinbolgeleri lanhthopalestine palastina palastinensischeautonomiegebiete palestijnsegebieden palestina
palestine palestinestateof palestinianterritories palestyna pse stateofpalestine territoirespalestiniens
territoriospalestinos territoripalestinesi terytoriapalestynskie thestateofpalestine westbankandgaza wilayahpalestina
палестина палестинскиетерритории الأراضيالفلسطينية فلسطين パレスチナ パレスチナ自治区 巴勒斯坦 巴勒斯坦自治區
巴勒斯坦领土 팔레스타인 팔레스타인지구 pt: 620 bođaonha portekiz portogallo portugal portugalia portugueserepublic prt
португалия البرتغال ポルトガル 葡萄牙 포르투갈 pw: 585 palaos palau plw republicofpalau палау بالاو パラオ 帕劳 帛琉
팔라우 py: 600 paraguai paraguay paragwaj pry republicofparaguay парагвай باراغواي パラグアイ 巴拉圭 파라과이 qa: 634
catar katar qat qatar stateofqatar катар قطر カタール 卡塔尔 卡達 카타르 re: 638 lareunion reu reuniao reunion riunione
реюньон روينيون レユニオン 留尼旺 留尼汪 레위니옹 ro: 642 roemenie romania romanya romenia rou roumanie rumania rumanien
rumunia румыния رومانيا ルーマニア 罗马尼亚 羅馬尼亞 루마니아 rs: 688 republicofserbia serbia serbie serbien servia
servie srb srbija srbsko szerbia sırbistan сербия сербія србија صربيا セルビア 塞尔维亚 塞爾維亞 세르비아 ru: 643 rosja
rus rusia rusland russia russianfederation russie russland rusya арассыыйа ородулас росси россия россияфедерациязы
русија рәсәй روسيا ロシア 俄罗斯 俄羅斯 러시아 rw: 646 ruanda rwa rwanda rwandeserepublic urwanda руанда رواندا ルワンダ
卢旺达 盧安達 르완다 sa: 682 arabiasaudi arabiasaudita arabiasaudyjska arabiesaoudite arabsaudi arapxeut
kingdomofsaudiarabia ksa saoediarabie sau saudiarabia saudiarabien suudiarabistan саудовскаяаравия
المملكةالعربيةالسعودية サウジアラビア 沙烏地阿拉伯 沙特阿拉伯 사우디아라비아 sb: 090 ilessalomon ilhassalomao
islassalomon isolesalomone kepulauansolomon quanđaosolomon salomonen salomonseilanden slb solomonadaları solomonislands
wyspysalomona соломоновыова جزرسليمان ソロモン諸島 所罗门群岛 索羅門群島 솔로몬제도 sc: 690 republicofseychelles
seicheles seszele seychellen seychelles seyseller syc сейшельскиеова سيشل セーシェル 塞席爾 塞舌尔 세이셸 sd: 729
republicofthesudan sdn soedan soudan sudan sudao thesudan судан السودان スーダン 苏丹 蘇丹 수단 se: 752 isvec
kingdomofsweden ruotsi schweden suecia suede sverige svezia swe sweden swedia szwecja thuyđien zweden швеция السويد
スウェーデン 瑞典 스웨덴 sg: 702 republicofsingapore sgp singapore singapour singapur singapura сингапур سنغافورة
சிங்கப்பூர் シンガポール 新加坡 싱가포르 sh: 654 ascensionandtristandacunhasainthelena
ascensionandtristandacunhasthelena ascensiontristandacunhasainthelena ascensiontristandacunhasthelena saintehelene
sainthelena sainthelenaascensionandtristandacunha sainthelenaascensiontristandacunha santaelena santahelena santelena
shn sinthelena sthelena sthelenaascensionandtristandacunha sthelenaascensiontristandacunha wyspaswietejheleny овсвелены
سانتهيلينا セントヘレナ 圣赫勒拿 聖赫勒拿島 세인트헬레나 si: 705 eslovenia republicofslovenia slovenia slovenie
slovenija slovenya slowenien svn słowenia zlovenia словения سلوفينيا スロベニア 斯洛文尼亚 斯洛維尼亞 슬로베니아 sj: 744
kepulauansvalbarddanjanmayen sjm spitsbergenenjanmayen spitzbergenundjanmayen svalbardandjanmayen svalbardejanmayen
svalbardetjanmayen svalbardijanmayen svalbardjanmayen svalbardogjanmayen svalbardvajanmayen svalbardvejanmayen
svalbardyjanmayen шпицбергениянмайен سفالباردوجانماين スバールバル諸島ヤンマイエン島 挪威屬斯瓦巴及尖棉 斯瓦尔巴和扬马延
스발바르제도얀마웬섬 sk: 703 eslovaquia slovacchia slovakia slovakrepublic slovakya slovaquie slovensko slowakei
slowakije svk słowacja словакия سلوفاكيا スロバキア 斯洛伐克 슬로바키아 sl: 694 republicofsierraleone serraleoa
sierraleona sierraleone sle сьерралеоне سيراليون シエラレオネ 塞拉利昂 獅子山 시에라리온 sm: 674 republicofsanmarino
saintmarin sanmarino smr санмарино سانمارينو サンマリノ 圣马力诺 聖馬利諾 산마리노 sn: 686 republicofsenegal sen
senegaal senegal сенегал السنغال セネガル 塞內加爾 塞内加尔 세네갈 so: 706 federalrepublicofsomalia som somali somalia
somalie soomaaliya сомали الصومال ソマリア 索馬利亞 索马里 소말리아 sr: 740 republicofsuriname sur surinam suriname
суринам سورينام スリナム 苏里南 蘇利南 수리남 ss: 728 guneysudan namsudan republicofsouthsudan soudandusud southsudan
ssd sudandelsur sudanpołudniowy sudanselatan sudaodosul sudsudan zuidsoedan южныйсудан جنوبالسودان 南スーダン 南苏丹
南蘇丹 남수단 st: 678 democraticrepublicofsaotomeandprincipe democraticrepublicofsaotomeprincipe santotomeyprincipe
saotome saotomeandprincipe saotomedanprincipe saotomeenprincipe saotomeeprincipe saotomeetprincipe saotomeprincipe
saotomeundprincipe saotomevaprincipe saotomeveprincipe stp wyspyswietegotomaszaiksiazeca сантомеипринсипи
ساوتوميوبرينسيبي サントメプリンシペ 圣多美和普林西比 聖多美普林西比 상투메프린시페 sv: 222 elsalvador
republicofelsalvador salvador salwador slv сальвадор السلفادور エルサルバドル 萨尔瓦多 薩爾瓦多 엘살바도르 sx: 534
saintmartinpartieneerlandaise sintmaarten sintmaartendutchpart sxm синтмартен سانتمارتن シントマールテン 荷属圣马丁
荷屬聖馬丁 신트마르턴 sy: 760 siria suriah suriye syr syria syrianarabrepublic syrie syrien сирия سوريا シリア 叙利亚
敘利亞 시리아 sz: 748 essuatini esuatini esvatini eswatini kingdomofeswatini regnodieswatini suazi suazilandia svaziland
swasiland swaziland swz свазиленд эсватини إسواتيني سوازيلاند エスワティニ スワジランド 史瓦帝尼 史瓦濟蘭 斯威士兰
스와질란드 에스와티니 tc: 796 ilesturquesetcaiques ilhasturcasecaicos islasturcasycaicos isoleturksecaicos
kepulauanturksdancaicos quanđaoturksvacaicos tca turksandcaicosislands turkscaicosislands turksencaicoseilanden
turksicaicos turksundcaicosinseln turksvecaicosadaları тёрксикайкос جزرتوركسوكايكوس タークスカイコス諸島
土克斯及開科斯群島 特克斯和凯科斯群岛 터크스케이커스제도 td: 148 cad chad chade ciad czad republicofchad tcd tchad
tschad tsjaad чад تشاد チャド 乍得 查德 차드 tf: 260 atf francuskieterytoriapołudnioweiantarktyczne
fransegebiedenindezuidelijkeindischeoceaan fransızguneytoprakları franzosischesudundantarktisgebiete
frenchsouthernterritories lanhthophianamthuocphap terreaustralifrancesi terresaustralesfrancaises
territoriosaustralesfranceses territoriosfrancesesdosul wilayahselatanprancis французскиеюжныетерритории
الأقاليمالجنوبيةالفرنسية 仏領極南諸島 法属南部领地 法屬南部屬地 프랑스령남방지역 tg: 768 tgo togo togoleserepublic того
توغو トーゴ 多哥 토고 th: 764 kingdomofthailand tailandia tajlandia tayland tha thailan thailand thailande thailandia
таиланд تايلاند ไทย タイ 泰国 泰國 태국 tj: 762 republicoftajikistan tacikistan tadjikistan tadjiquistao tadschikistan
tadzjikistan tadzykistan tagikistan tajikistan tayikistan tjk таджикистан тоҷикистон طاجيكستان タジキスタン 塔吉克
塔吉克斯坦 타지키스탄 tk: 772 tkl tokelau токелау توكيلاو トケラウ 托克劳 托克勞群島 토켈라우 tl: 626
democraticrepublicoftimorleste democratischerepubliekoosttimor dogutimor easttimor oosttimor osttimor
republicademocraticadetimorleste timorest timorleste timororiental timortimur timorwschodni tls đongtimor восточныйтимор
тиморлесте تيمورالشرقية تيمورليشتي 东帝汶 東チモール 東ティモール 東帝汶 동티모르 티모르레스테 tm: 795 tkm turcomenistao
turkmenistan туркменистан تركمانستان トルクメニスタン 土库曼斯坦 土庫曼 투르크메니스탄 tn: 788 republicoftunisia tun
tunesie tunesien tunez tunezja tunisia tunisie tunus тунис تونس チュニジア 突尼斯 突尼西亞 튀니지 to: 776 kingdomoftonga
ton tonga тонга تونغا トンガ 東加 汤加 통가 tr: 792 republicofturkiye thonhiky tur turchia turcja turkei turkey turki
turkije turkiye turquia turquie турция تركيا テュルキエ トルコ 土耳其 튀르키예 tt: 780 republicoftrinidadandtobago
republicoftrinidadtobago trinidad trinidadandtobago trinidaddantobago trinidadentobago trinidadetobago trinidadtobago
trinidadundtobago trinidadvatobago trinidadvetobago trinidadytobago triniteettobago trynidaditobago tto тринидадитобаго
ترينيدادوتوباغو トリニダードトバゴ 千里達及托巴哥 特立尼达和多巴哥 트리니다드토바고 tv: 798 tuv tuvalu тувалу توفالو
ツバル 吐瓦魯 图瓦卢 투발루 tw: 158 chinesetaipei provinceofchinataiwan republicofchina taiwan taiwanprovinceofchina
taiwanroc tajwan tayvan twn đailoan тайвань تايوان 台湾 台灣 대만 tz: 834 tansania tanzania tanzaniaunitedrepublicof
tanzanie tanzanya tza unitedrepublicoftanzania танзания تنزانيا タンザニア 坦尚尼亞 坦桑尼亚 탄자니아 ua: 804 oekraine
theukraine ucraina ucrania ukr ukraina ukraine ukrayna украина україна أوكرانيا ウクライナ 乌克兰 烏克蘭 우크라이나 ug:
800 oeganda ouganda republicofuganda uga uganda уганда أوغندا ウガンダ 乌干达 烏干達 우간다 um: 581
abdkucukhariciadaları amerikanischeuberseeinseln cactieuđaoxacuahoaky dalekiewyspymniejszestanowzjednoczonych
ilesmineureseloigneesdesetatsunis ilhasmenoresdistantesdoseua islasmenoresalejadasdeeeuu
isoleminoriesternedeglistatiuniti kepulauanterluaras kleineafgelegeneilandenvandeverenigdestaten umi
unitedstatesminoroutlyingislands usoutlyingislands внешниемалыеовасша جزرالولاياتالمتحدةالنائية 合衆国領有小離島
美国本土外小岛屿 美國本土外小島嶼 미국령해외제도 us: 840 abd america amerikabirlesikdevletleri amerikaserikat eeuu
estadosunidos etatsunis eua hoaky stanyzjednoczone statiuniti theunitedstates theunitedstatesofamerica theusa
unitedstates unitedstatesofamerica unitedstatesusa usa usofamerica vereinigtestaaten verenigdestaten ʻamelikahuipuʻia
соединенныештаты сша الولاياتالمتحدة アメリカ アメリカ合衆国 美国 美國 미국 uy: 858 easternrepublicofuruguay uruguai
uruguay urugwaj ury уругвай أورغواي ウルグアイ 乌拉圭 烏拉圭 우루과이 uz: 860 oezbekistan ouzbekistan ozbekistan
oʻzbekiston republicofuzbekistan usbekistan uzb uzbekistan uzbequistao узбекистан ўзбекистон أوزبكستان ウズベキスタン
乌兹别克斯坦 烏茲別克 우즈베키스탄 va: 336 cidadedovaticano cittadelvaticano ciudaddelvaticano etatdelaciteduvatican
holysee holyseevaticancitystate thanhvatican vat vaticaanstad vatican vaticancity vatikan vatikanstadt watykan ватикан
الفاتيكان バチカン市国 梵蒂冈 梵蒂岡 바티칸시국 vc: 670 saintvincentandgrenadines saintvincentandthegrenadines
saintvincentdangrenadine saintvincentegrenadine saintvincentendegrenadines saintvincentetlesgrenadines
saintvincentgrenadines saintvincentigrenadyny saintvincentthegrenadines saintvincentvegrenadinler
sanvicenteylasgranadinas saovicenteegranadinas stvincentandgrenadines stvincentandthegrenadines stvincentgrenadines
stvincentthegrenadines stvincentunddiegrenadinen stvincentvagrenadines vct сентвинсентигренадины سانتفنسنتوجزرغرينادين
セントビンセント及びグレナディーン諸島 圣文森特和格林纳丁斯 聖文森及格瑞那丁 세인트빈센트그레나딘 ve: 862
bolivarianrepublicofvenezuela ven venezuela venezuelabolivarianrepublicof venezuelarb wenezuela венесуэла فنزويلا
ベネズエラ 委內瑞拉 委内瑞拉 베네수엘라 vg: 092 britanyavirjinadaları britischejungferninseln britishvirginislands
britsemaagdeneilanden brytyjskiewyspydziewicze ilesviergesbritanniques ilhasvirgensbritanicas islasvirgenesbritanicas
isoleverginibritanniche kepulauanvirginbritaniaraya quanđaovirginthuocanh vgb virginislandsbritish
виргинскиеовавеликобритания جزرفيرجنالبريطانية 英属维尔京群岛 英屬維京群島 英領ヴァージン諸島 영국령버진아일랜드 vi: 850
abdvirjinadaları amerikaansemaagdeneilanden amerikanischejungferninseln ilesviergesdesetatsunis ilhasvirgensamericanas
islasvirgenesdeeeuu isoleverginiamericane kepulauanvirginamerikaserikat quanđaovirginthuochoaky usvi usvirginislands vir
virginislandsoftheunitedstates virginislandsus wyspydziewiczestanowzjednoczonych виргинскиеовасша جزرفيرجنالأمريكية
米領ヴァージン諸島 美属维尔京群岛 美屬維京群島 미국령버진아일랜드 vn: 704 socialistrepublicofvietnam vietna vietnam vnm
wietnam вьетнам فيتنام ベトナム 越南 베트남 vu: 548 republicofvanuatu vanuatu vut вануату فانواتو バヌアツ 瓦努阿图
萬那杜 바누아투 wf: 876 kepulauanwallisdanfutuna wallisandfutuna wallisefutuna wallisenfutuna wallisetfutuna
wallisfutuna wallisifutuna wallisundfutuna wallisvafutuna wallisvefutuna wallisyfutuna wlf уоллисифутуна جزروالسوفوتونا
ウォリスフツナ 瓦利斯和富图纳 瓦利斯群島和富圖那群島 왈리스푸투나제도 ws: 882 independentstateofsamoa samoa wsm самоа
ساموا サモア 萨摩亚 薩摩亞 사모아 xk: kosova kosove kosovo kosowo republicofkosovo xkx косово كوسوفو コソボ 科索沃
코소보 ye: 887 iemen jemen republicofyemen yaman yem yemen yemenrep йемен اليمن イエメン 也门 葉門 예멘 yt: 175 majotta
mayotte myt майотта مايوت マヨット 馬約特島 马约特 마요트 za: 710 aforikaborwa africadosul afrikaborwa afrikaselatan
afriquedusud emzantsiafrika guneyafrika iningizimuafrika namphi republicofsouthafrica republikapołudniowejafryki rsa
southafrica sudafrica sudafrika suidafrika zaf zuidafrika южноафриканскаяреспублика جنوبأفريقيا 南アフリカ 南非
남아프리카 zm: 894 republicofzambia sambia zambia zambie zambiya zmb замбия زامبيا ザンビア 尚比亞 赞比亚 잠비아 zw: 716
republicofzimbabwe simbabwe zimbabue zimbabve zimbabwe zwe зимбабве زيمبابوي ジンバブエ 津巴布韦 辛巴威 짐바브웨
"""


def _codes() -> dict[str, str]:
    codes: dict[str, str] = {}
    two = ""
    for word in _TABLE.split():
        if word[-1] == ":":
            two = word[:-1]
        else:
            codes[word] = two
    return codes


CODES: Final = _codes()
"""Three letters, three digits or a name, as `places.place` writes it → two letters in lower case."""
