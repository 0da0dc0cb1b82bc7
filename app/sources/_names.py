"""What columns of tables with cars are called, in Russian and English, and by which words their values are known.

Only for proposing a field map: a person sees and corrects it, and recognising the values is another stop.
"""

from __future__ import annotations

import re

HEADERS: dict[str, str] = {
    "external_id": "id sellid saleid adid offerid itemid uniqueid externalid avitoid youlaid bullid guid "
    "номеробъявления idобъявления идентификатор кодобъявления артикул",
    "url": "url link href carurl ссылка адресссылки urlобъявления ссылканаобъявление permalink",
    "title": "title name название наименование заголовок объявление fulltitle автомобиль",
    "make": "brand make mark marka марка бренд carbrand manufacturer vendor markid smark brandname маркаавто "
    "маркаавтомобиля",
    "model": "model модель carmodel folderid modelname smodel модельавто модельавтомобиля",
    "generation": "generation поколение gen supergen",
    "modification": "modification модификация modificationid",
    "year": "year год годвыпуска buildyear modelyear productionyear yearofmade manufactureyear vehiclemodeldate г",
    "mileage_km": "mileage пробег kmage run kilometrage mileagekms mileagekm пробегкм odometer haul километраж "
    "kilometers",
    "price": "price цена pricerub ценаруб стоимость cost стоимостьруб amount priceinrub pricerur pricesrur",
    "city": "city город городпродажи location населенныйпункт scity cityname местоположение",
    "region": "region регион область regionname субъект",
    "address": "address адрес poiid адресосмотра",
    "lat": "lat latitude широта geolat",
    "lon": "lon lng longitude долгота geolon",
    "phones": "phone phones телефон телефоны тел contactphone mobile контактныйтелефон phonenumber номертелефона",
    "phone_protected": "phoneprotected защитаномера",
    "seller_name": "seller sellername contactname продавец имяпродавца контактноелицо managername имя контакт владелец",
    "seller_kind": "sellertype persontype типпродавца postfix продавецтип",
    "body": "body bodytype bodywork back кузов типкузова idframetype frametype",
    "fuel": "fuel fueltype enginetype gas топливо типтоплива типдвигателя видтоплива",
    "gearbox": "gearbox transmission trans gear кпп коробка коробкапередач vehicletransmission gearboxtype трансмиссия "
    "idtransmission",
    "drive": "drive привод drivetype geartype wheeldrive driveunit iddrivetype drivewheelconfiguration",
    "wheel": "wheel steeringwheel rudder руль steeringwheelside wheeltype idwheeltype расположениеруля",
    "color": "color colour цвет цветкузова idcolor",
    "engine_cc": "enginecapacity enginedisplacement enginevolume displacement объем объемдвигателя объемдвигателял "
    "enginevol volume enginesize engine двигатель enginecc объемдвигателясм3 литраж мощностьдвигателял",
    "power_hp": "power horsepower enginepower horsepwr hp мощность мощностьдвигателя мощностьдвигателялс лс мощностьлс "
    "powerhp enginehp",
    "doors": "doors doorsnum doorscount двери дверей количестводверей numberofdoors bodydoorcount",
    "owners": "owners owner ownersnum ownerscounter владельцев владельцевпоптс ownersnumber количествовладельцев "
    "ownerscount владельцы хозяев",
    "vin": "vin винкод винномер vinилиномеркузова vincode вин vinкод номеркузова",
    "plate": "plate licenseplate госномер регномер грз",
    "is_damaged": "techcondition condition state состояние accident битый битыйнебитый crash damaged vehiclecondition",
    "is_new": "cartype типавтомобиля section newused новый",
    "description": "description comment описание комментарий текст info текстобъявления additional комментарии",
    "photos": "photos images image photo фото изображения фотографии picture pictures imageurls",
    "published_at": "date time publishedat crdate creationdate created дата датапубликации датаразмещения datebegin",
}  # fmt: skip

_BODY = (
    r"седан|х[эе]тчб[эе]к|универсал|внедорожник|кроссовер|купе|кабриолет|минив[эе]н|пикап|фургон|микроавтобус|лифтбек|"
    r"лимузин|компактв[эе]н|родстер|тарга|фастбек|sedan|hatchback|wagon|suv|allroad|coupe|cabrio|minivan|pickup|van\b|"
    r"liftback|roadster|limousine|compactvan|crossover|convertible"
)
_COLOR = (
    r"черн|бел|сер|син|красн|зелен|голуб|желт|оранж|коричн|бежев|фиолет|пурпур|золот|бордо|вишн|розов|black|white|gr[ae]y|"
    r"silver|blue|red\b|green|yellow|orange|brown|beige|violet|purple|gold|crimson|burgundy|snow"
)
VALUES: dict[str, re.Pattern[str]] = {
    "body": re.compile(_BODY),
    "gearbox": re.compile(
        r"автомат|механ|робот|вариатор|[амр]кпп|(?:at|mt|amt|cvt)$|automatic|mechanic|manual|robot|variator|типтроник"
    ),
    "drive": re.compile(
        r"передн|задн|полн|(?:4|2|a|f|r)wd|4x4|front|rear|all_wheel|forward|full_|подключаемый|постоянный"
    ),
    "fuel": re.compile(r"бенз|дизел|гибрид|электро|газ|gasoline|petrol|diesel|hybrid|electr|lpg|cng"),
    "wheel": re.compile(r"(?:лев|прав)|(?:left|right)$|слева|справа"),
    "color": re.compile(_COLOR),
}

_MAKES = """
acura, alfa romeo, alfa, aston martin, aurus, audi, baic, bentley, bmw, brilliance, buick, byd, cadillac, changan,
chery, chevrolet, chrysler, citroen, citroën, cupra, dacia, daewoo, daihatsu, datsun, dodge, dongfeng, evolute, exeed,
faw, ferrari, fiat, ford, gac, geely, genesis, gmc, great wall, haima, haval, hawtai, honda, hongqi, hummer, hyundai,
infiniti, isuzu, iveco, jac, jaecoo, jaguar, jeep, jetour, jetta, kaiyi, kia, lada, lada ваз, lada (ваз), ваз,
ваз (lada), lamborghini, lancia, land rover, lexus, lifan, lincoln, livan, lixiang, li auto, lotus, luxgen, maserati,
maybach, mazda, mercedes, mercedes-benz, mercedes benz, mercury, mg, mini, mitsubishi, mitsuoka, nissan, oldsmobile,
omoda, opel, oting, peugeot, plymouth, pontiac, porsche, ram, ravon, renault, renault samsung, rolls-royce,
rolls royce, rover, saab, saturn, scion, seat, skoda, škoda, smart, solaris, ssangyong, ssang yong, subaru, suzuki,
swm, tank, tesla, toyota, uaz, volga, volkswagen, volvo, vortex, voyah, xcite, zeekr, zotye, ауди, бмв, волга, газ,
заз, зил, иж, киа, лада, луаз, москвич, мерседес, ниссан, опель, рено, тагаз, тойота, уаз, форд, фольксваген, хендай,
хонда, шевроле, шкода
"""
MAKES = frozenset(re.split(r",\s+", _MAKES.strip()))

GENERATION = re.compile(
    r"\([12][09][0-9]{2}\s*[—–-]|рестайлинг|поколение|^[ivx]+(?:\s*\(|$)|\b(?:restyling|generation)\b"
)
HORSES = re.compile(r"[0-9]\s*л\.?\s*с")
ROW_NUMBER = ("", "no", "n", "index", "unnamed0", "пп", "num", "nпп", "row")


def plain(name: str) -> str:
    """A header as it is compared: «Мощность двигателя, л.с.» is «мощностьдвигателялс»."""
    return re.sub(r"[\W_]+", "", name.lower().replace("ё", "е"))


FIELDS_BY_HEADER = {header: field for field, headers in HEADERS.items() for header in headers.split()}


def field_of(header: str) -> str:
    """Which field a header names, or nothing. Of a path («params.Пробег») the last word decides."""
    return FIELDS_BY_HEADER.get(plain(header)) or FIELDS_BY_HEADER.get(plain(header.rpartition(".")[2]), "")
