// saved from the console
window.adverts = [{
  'id': 'aa11', 'youlaId': '60000000000000000000000a', 'link': 'https://auto.youla.example/advert/used/tavria/nova/prv--aa11/',
  'fullTitle': 'Tavria Nova 1 поколение, седан 4 дв. \'Люкс\'', brand: "Tavria", 'model': 'Nova', 'generation': '1 поколение', 'year': '2010',
  'prices': {'RUR': '169 000', 'USD': 2000,}, 'city': 'Самара', 'lat': 53.19, 'lng': 50.10, 'engineType': 'Бензин', 'engineVol': '1.6',
  'isIndividual': true, 'isCrashed': false, 'isNew': false, 'advertStatus': {'status': 'PUBLISHED'},
  'info': [{'type': 'mileage', 'value': '100 000 км'}, {'type': 'engine-power', 'value': null}, {'type': 'body-type', 'value': 'Седан'}],
  'contacts': {'seller': 'Вера', 'phones': [{'ext': null, 'phone': 'S3pjZ0tEa3dNQ2tnTURBd0xURXlMVEV5'}]}, 'phone': 'S3pjZ0tEa3dNQ2tnTURBd0xURXlMVEV5',
  'photos': [{'big': 'https://img.example/y.jpg'}], 'badges': undefined,
}, {
  'youlaId': '60000000000000000000000b', 'brand': 'Tavria', 'model': 'Volt', 'year': '2021', 'prices': {'RUR': 1900000}, 'isIndividual': false,
  'advertStatus': {'status': 'SOLD'}, 'phone': 'not base64!'
}];
