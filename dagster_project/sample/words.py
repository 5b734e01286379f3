"""Words of a Japanese shop: names with kana and romaji, places with postal codes, categories, brands.
Combined at random.
"""

# ruff: noqa: E501 (word lists read best unbroken)

_LAST = (
    "佐藤 サトウ sato|鈴木 スズキ suzuki|高橋 タカハシ takahashi|田中 タナカ tanaka|伊藤 イトウ ito|渡辺 ワタナベ watanabe"
    "|山本 ヤマモト yamamoto|中村 ナカムラ nakamura|小林 コバヤシ kobayashi|加藤 カトウ kato|吉田 ヨシダ yoshida"
    "|山田 ヤマダ yamada|佐々木 ササキ sasaki|山口 ヤマグチ yamaguchi|松本 マツモト matsumoto|井上 イノウエ inoue"
    "|木村 キムラ kimura|林 ハヤシ hayashi|斎藤 サイトウ saito|清水 シミズ shimizu|山崎 ヤマザキ yamazaki|森 モリ mori"
    "|池田 イケダ ikeda|橋本 ハシモト hashimoto|阿部 アベ abe|石川 イシカワ ishikawa|山下 ヤマシタ yamashita"
    "|中島 ナカジマ nakajima|石井 イシイ ishii|小川 オガワ ogawa|前田 マエダ maeda|岡田 オカダ okada"
    "|長谷川 ハセガワ hasegawa|藤田 フジタ fujita|後藤 ゴトウ goto|近藤 コンドウ kondo|村上 ムラカミ murakami"
    "|遠藤 エンドウ endo|青木 アオキ aoki|坂本 サカモト sakamoto|福田 フクダ fukuda|太田 オオタ ota|西村 ニシムラ nishimura"
    "|藤井 フジイ fujii|岡本 オカモト okamoto|三浦 ミウラ miura|藤原 フジワラ fujiwara|松田 マツダ matsuda"
    "|中野 ナカノ nakano|原田 ハラダ harada"
)
_FEMALE = (
    "花子 ハナコ hanako|陽子 ヨウコ yoko|美咲 ミサキ misaki|結衣 ユイ yui|葵 アオイ aoi|さくら サクラ sakura|千尋 チヒロ chihiro"
    "|由美 ユミ yumi|恵子 ケイコ keiko|真由美 マユミ mayumi|愛 アイ ai|舞 マイ mai|香織 カオリ kaori|直美 ナオミ naomi"
    "|智子 トモコ tomoko|優子 ユウコ yuko|麻衣 マイ mai|彩 アヤ aya|遥 ハルカ haruka|七海 ナナミ nanami|莉子 リコ riko"
    "|明日香 アスカ asuka|久美子 クミコ kumiko|典子 ノリコ noriko|里奈 リナ rina|友美 トモミ tomomi|恵美 エミ emi"
    "|裕子 ヒロコ hiroko|京子 キョウコ kyoko|沙織 サオリ saori|凛 リン rin|芽衣 メイ mei"
)
_MALE = (
    "太郎 タロウ taro|健一 ケンイチ kenichi|翔太 ショウタ shota|大輔 ダイスケ daisuke|拓也 タクヤ takuya|誠 マコト makoto"
    "|直樹 ナオキ naoki|蓮 レン ren|悠斗 ユウト yuto|和也 カズヤ kazuya|浩 ヒロシ hiroshi|隆 タカシ takashi"
)
_PLACES = (
    "東京都 新宿区西新宿 160-0023 12|東京都 世田谷区三軒茶屋 154-0024 9|東京都 港区南青山 107-0062 6|東京都 武蔵野市吉祥寺本町 180-0004 5"
    "|神奈川県 横浜市西区みなとみらい 220-0012 7|神奈川県 川崎市中原区小杉町 211-0063 5|大阪府 大阪市北区梅田 530-0001 7"
    "|大阪府 豊中市新千里東町 560-0082 4|愛知県 名古屋市中区栄 460-0008 6|埼玉県 さいたま市大宮区桜木町 330-0854 5"
    "|千葉県 船橋市本町 273-0005 4|兵庫県 神戸市中央区三宮町 650-0021 4|福岡県 福岡市中央区天神 810-0001 5"
    "|北海道 札幌市中央区大通西 060-0042 4|京都府 京都市下京区四条通 600-8001 3|宮城県 仙台市青葉区中央 980-0021 3"
    "|広島県 広島市中区紙屋町 730-0031 3|静岡県 静岡市葵区呉服町 420-0031 2|新潟県 新潟市中央区万代 950-0088 2"
    "|沖縄県 那覇市久茂地 900-0015 1|石川県 金沢市香林坊 920-0961 1|岡山県 岡山市北区表町 700-0822 1"
)


def _split(words: str) -> list[tuple[str, ...]]:
    return [tuple(entry.split(" ")) for entry in words.split("|")]


LAST_NAMES = _split(_LAST)
FIRST_NAMES = _split(_FEMALE) + _split(_MALE)
FEMALE_NAMES = len(_split(_FEMALE))
PLACES = _split(_PLACES)

BRANDS = (
    "月乃雫",
    "花凛",
    "ミナモ",
    "ルミエール東京",
    "碧の森",
    "SORA BOTANICS",
    "雪椿",
    "ことり",
    "アトリエ凪",
    "KINU",
    "朝露",
    "レーヴローズ",
)
CATEGORIES = (  # name, days that one pack lasts, yen from, yen to
    ("化粧水", 60, 1800, 6800),
    ("乳液", 75, 2000, 7200),
    ("美容液", 60, 3200, 14800),
    ("クリーム", 90, 2800, 12800),
    ("クレンジング", 60, 1500, 4200),
    ("洗顔料", 60, 900, 3200),
    ("シートマスク", 30, 700, 3500),
    ("日焼け止め", 75, 1400, 4200),
    ("リップ", 120, 1200, 4600),
    ("ファンデーション", 120, 2600, 7800),
    ("ヘアケア", 60, 1300, 4800),
    ("ボディケア", 75, 1100, 3900),
)
SERIES = ("モイスト", "ブライト", "エイジングケア", "センシティブ")
LINES = ("ベーシック", "リッチ", "クリア")
INFORMATION_KINDS = (  # kind, score category, usual days from the first touch to the purchase
    ("article", "lifestyle", 21),
    ("opinion_leader", "lifestyle", 6),
    ("review", "product", 4),
    ("brand_story", "lifestance", 35),
    ("how_to", "product", 12),
    ("vision", "lifestance", 50),
    ("event", "lifestyle", 9),
    ("advert", "product", 16),
    ("video", "lifestyle", 26),
)
REVIEW_BODIES = (
    "しっとりして翌朝の肌が違います。リピートします。",
    "香りが好み。ただし少し高い…",
    "「試してよかった」の一言です。\n乾燥する季節に手放せません。",
    "肌に合いませんでした。返品しました。",
    "母にも贈りました, とても喜ばれました。",
)
