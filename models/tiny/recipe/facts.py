"""What the model may know of the real world: small tables of common knowledge, and everyday words."""

from __future__ import annotations

from proctor.models.tiny.recipe.values import choices, words


def _pairs(text: str) -> tuple[tuple[str, str], ...]:
    rows = (row.split(":") for row in text.replace("\n", " ").split(";"))
    return tuple((left.strip(), right.strip()) for left, right in rows)


Relation = tuple[tuple[str, ...], tuple[tuple[str, str], ...]]

FACTS: dict[str, Relation] = {
    "capital": (
        ("What is the capital of {}?", "Which city is the capital of {}?", "Name the capital of {}.",
         "The government of {} sits in which city?", "Which city leads {}?", "{}: which is its capital?"),
        _pairs("France: Paris; Italy: Rome; Spain: Madrid; Germany: Berlin; Portugal: Lisbon; Austria: Vienna; Greece: Athens;"
               "Norway: Oslo; Sweden: Stockholm; Denmark: Copenhagen; Finland: Helsinki; Poland: Warsaw; Hungary: Budapest;"
               "Ireland: Dublin; Russia: Moscow; Japan: Tokyo; China: Beijing; India: New Delhi; Egypt: Cairo; Kenya: Nairobi;"
               "Cuba: Havana; Peru: Lima; Chile: Santiago; Canada: Ottawa; Turkey: Ankara; Iran: Tehran"),
    ),
    "young": (
        ("What is a young {} called?", "How do you call a young {}?", "What is the young of a {}?",
         "A {} is born as what?", "Name the young of a {}."),
        _pairs("dog: puppy; cat: kitten; cow: calf; horse: foal; sheep: lamb; hen: chick; goose: gosling; duck: duckling;"
               "pig: piglet; goat: kid; lion: cub; deer: fawn; frog: tadpole; eagle: eaglet"),
    ),
    "opposite": (
        ("What is the opposite of {}?", "Which word means the opposite of {}?", "Not {} but what?",
         "Name the opposite of {}.", "What do you call the reverse of {}?"),
        _pairs("hot: cold; big: little; tall: short; fast: slow; early: late; rich: poor; young: old; dark: bright; hard: soft;"
               "wet: dry; full: empty; open: shut; near: far; loud: quiet; strong: weak; clean: dirty; happy: sad; high: low;"
               "left: right; up: down; thick: thin; sweet: sour; cheap: dear; day: night"),
    ),
    "colour of": (
        ("What colour is {}?", "Which colour does {} have?", "Name the colour of {}.", "How is {} coloured?"),
        _pairs("grass: green; snow: white; blood: red; coal: black; the clear sky: blue; a lemon: yellow; a carrot: orange;"
               "chocolate: brown; an elephant: grey; a tomato: red; milk: white; a pea: green"),
    ),
    "number of": (
        ("How many {}?", "Count: how many {}?", "Say how many {}.", "What number tells how many {}?"),
        _pairs("days has a week: 7; months has a year: 12; legs has a spider: 8; legs has a dog: 4; hours has a day: 24;"
               "legs has an insect: 6; minutes has an hour: 60; wings has a bird: 2; wheels has a tricycle: 3;"
               "fingers has a hand: 5; eggs are a dozen: 12; years has a century: 100"),
    ),
    "place": (
        ("Where does a {} work?", "In which place does a {} work?",
         "Where do you meet a {} at work?", "Name the place of work of a {}."),
        _pairs("teacher: school; nurse: hospital; baker: bakery; farmer: farm; cook: kitchen; miner: mine; sailor: ship;"
               "judge: court; waiter: restaurant; pilot: plane; actor: theatre; priest: church; gardener: garden; banker: bank"),
    ),
    "language": (
        ("Which language is spoken in {}?", "What do people speak in {}?", "Name the language of {}.",
         "In {}, which language is used?", "Which is the main language of {}?"),
        _pairs("France: French; Italy: Italian; Spain: Spanish; Germany: German; Portugal: Portuguese; Greece: Greek;"
               "Norway: Norwegian; Sweden: Swedish; Denmark: Danish; Finland: Finnish; Poland: Polish; Hungary: Hungarian;"
               "Russia: Russian; Japan: Japanese; China: Chinese; Turkey: Turkish; Austria: German; Chile: Spanish;"
               "Egypt: Arabic; Iran: Persian"),
    ),
    "past": (
        ("What is the past of {}?", "Today I {}, yesterday I what?", "Put {} into the past.", "Name the past form of {}.",
         "How does {} read in the past?"),
        _pairs("go: went; see: saw; take: took; give: gave; come: came; run: ran; eat: ate; drink: drank; write: wrote;"
               "speak: spoke; break: broke; sing: sang; fall: fell; find: found; think: thought; bring: brought; buy: bought;"
               "sell: sold; tell: told; know: knew; grow: grew; fly: flew; swim: swam; begin: began; ring: rang; wear: wore"),
    ),
    "plural": (
        ("What is the plural of {}?", "One {}, two what?", "Name the plural of {}.", "How do you write more than one {}?",
         "There is one {}; now there are many what?"),
        _pairs("mouse: mice; foot: feet; tooth: teeth; goose: geese; man: men; woman: women; child: children; ox: oxen;"
               "leaf: leaves; knife: knives; wolf: wolves; life: lives; baby: babies; city: cities; box: boxes; dish: dishes"),
    ),
    "made of": (
        ("What is {} made of?", "From what is {} made?", "Name what {} is made of.", "Which stuff do you need for {}?"),
        _pairs("bread: flour; cheese: milk; wine: grapes; paper: wood; a window: glass; a tyre: rubber; a candle: wax;"
               "a brick: clay; a nail: iron; a jumper: wool; a shoe: leather; a shirt: cotton; cider: apples; an omelette: eggs"),
    ),
}  # fmt: skip

GROUPS: dict[str, list[str]] = {
    "animal": words("dog horse sheep lion rabbit tiger goat wolf bear mouse"),
    "bird": words("sparrow eagle robin crow gull owl swan pigeon stork duck"),
    "fish": words("trout salmon shark herring cod tuna pike eel carp perch"),
    "fruit": words("pear plum cherry grape peach banana lemon melon fig mango"),
    "tree": words("birch pine beech willow maple cedar elm poplar larch fir"),
    "tool": words("hammer chisel file wrench pliers rasp spade axe screwdriver clamp"),
    "vehicle": words("car bus lorry train tram bicycle boat plane van tractor"),
    "instrument": words("violin flute trumpet harp guitar piano cello horn drum oboe"),
    "garment": words("coat shirt hat glove scarf skirt jacket sock sweater dress"),
    "vegetable": words("carrot onion cabbage leek turnip bean beetroot radish spinach celery"),
}
THINGS_DO: dict[str, list[str]] = {
    "gives light": words("lamp candle torch lantern bulb"),
    "keeps time": words("watch clock timer hourglass sundial"),
    "holds water": words("bucket bottle jug bowl tank"),
    "cuts": words("knife scythe razor sickle blade"),
    "burns": words("match log firework gas wick"),
    "rings": words("bell telephone alarm doorbell chime"),
    "makes heat": words("stove oven heater radiator furnace"),
    "shows pictures": words("screen projector television monitor album"),
}
COMPARED: dict[str, tuple[str, str, list[str]]] = {
    "size": ("bigger", "smaller", choices(
        "a flea|an ant|a bee|a walnut|a mouse|an apple|a shoe|a cat|a chair|a goat|a door|a horse|a car|a bus|a house|"
        "a church|a village|a mountain|a country|the moon|the sun")),
    "weight": ("heavier", "lighter", choices(
        "a feather|a coin|a pencil|an egg|a cup|a book|a brick|a hen|a dog|a bicycle|a man|a piano|a cow|"
        "a lorry|a train|a ship")),
    "speed": ("faster", "slower", choices(
        "a snail|a worm|a turtle|a walker|a runner|a cyclist|a bus on the road|a racing car|a jet|a rocket|light")),
    "heat": ("hotter", "colder", choices(
        "liquid air|ice|cold water|spring water|a warm bath|hot tea|boiling water|hot oil|a glowing coal|melted iron|the sun")),
    "time": ("longer", "shorter", choices(
        "a blink|a second|a minute|an hour|a day|a week|a month|a season|a year|a century|an age")),
}  # fmt: skip

WORDS: dict[str, list[str]] = {
    "nouns": words("dog cat boy girl farmer teacher bird tree house car river garden table window door lamp road field "
             "hill stone cloud letter worker doctor student singer baker king neighbour visitor friend train boat"),
    "verbs": words("walk sleep sing wait stand run work live play fall shine move rest laugh speak turn stop grow"),
    "near": choices("near|behind|beside|in front of|above|below|with|by|across from"),
    "endings": choices("in the morning|every day|at night|near the bridge|when it rains|after dinner|in the old town|with care|"
               "all week|for a while"),
    "states": choices("tired|ready|very old|new|here today|quite small|known to all|late again|far away|still wet"),
    "days": words("Monday Tuesday Wednesday Thursday Friday Saturday Sunday"),
    "months": words("January February March April May June July August September October November December"),
    "letters": words("A B C D E F G H I J K L M N O P Q R S T U V W X Y Z"),
}  # fmt: skip
