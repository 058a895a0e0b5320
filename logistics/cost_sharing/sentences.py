"""The sentences that explain a bill, in the languages of the product; `explaining` fills them in."""

SENTENCES: dict[str, dict[str, str]] = {
    "alone": {
        "nl": "Alleen rijden zou je {alone} kosten.",
        "fr": "Seul, ce transport vous coûterait {alone}.",
        "en": "Driving alone would cost you {alone}.",
    },
    "together": {
        "nl": "Iedereen samen betaalt {billed} in plaats van {everybody}: dat is {rate} minder.",
        "fr": "Tous ensemble paient {billed} au lieu de {everybody} : c’est {rate} de moins.",
        "en": "Everybody together pays {billed} instead of {everybody}: that is {rate} less.",
    },
    "equal": {
        "nl": "Bespaarde iedereen evenveel, dan betaalde je {alone} × {billed} / {everybody} = {wish}.",
        "fr": "Si chacun économisait autant, vous paieriez {alone} × {billed} / {everybody} = {wish}.",
        "en": "If everybody saved the same part, you would pay {alone} × {billed} / {everybody} = {wish}.",
    },
    "equal_paid": {
        "nl": "Dat kan, en dat betaal je: {paid}.",
        "fr": "C’est possible, et c’est ce que vous payez : {paid}.",
        "en": "That can be done, and it is what you pay: {paid}.",
    },
    "cent": {
        "nl": "Dat betaal je, op een cent afronding na: {paid}.",
        "fr": "C’est ce que vous payez, à un centime d’arrondi près : {paid}.",
        "en": "That is what you pay, give or take a cent of rounding: {paid}.",
    },
    "weighed": {
        "nl": "Naar verhouding van wat je meegeeft betaal je {billed} × {weight} / {weights} = {wish}.",
        "fr": "En proportion de ce que vous confiez, vous payez {billed} × {weight} / {weights} = {wish}.",
        "en": "In proportion to what you send along you pay {billed} × {weight} / {weights} = {wish}.",
    },
    "shapley": {
        "nl": "Gemiddeld over alle volgordes waarin de deelnemers erbij kunnen komen, maak jij het vervoer {wish} duurder.",
        "fr": "En moyenne sur tous les ordres d’arrivée possibles, vous ajoutez {wish} au coût du transport.",
        "en": "On average over all orders in which everybody can join, you add {wish} to the cost of transport.",
    },
    "nucleolus": {
        "nl": "De groep die er het minst aan heeft om mee te doen, krijgt het zo goed als kan; dan de volgende, enzovoort. Zo kom jij op {wish}.",
        "fr": "Le groupe qui gagne le moins à participer gagne autant que possible ; puis le suivant, et ainsi de suite. Cela fait {wish} pour vous.",
        "en": "The group that gains least by taking part gains as much as can be; then the next, and so on. For you that makes {wish}.",
    },
    "per_capita_nucleolus": {
        "nl": "De groep die er per deelnemer het minst aan heeft om mee te doen, krijgt het zo goed als kan; dan de volgende, enzovoort. Zo kom jij op {wish}.",
        "fr": "Le groupe qui gagne le moins par participant gagne autant que possible ; puis le suivant, et ainsi de suite. Cela fait {wish} pour vous.",
        "en": "The group that gains least per head gains as much as can be; then the next, and so on. For you that makes {wish}.",
    },
    "free": {
        "nl": "Alleen rijden kost je niets, dus je betaalt niets.",
        "fr": "Seul, cela ne vous coûte rien ; vous ne payez donc rien.",
        "en": "Driving alone costs you nothing, so you pay nothing.",
    },
    "capped": {
        "nl": "Je betaalt nooit meer dan {cap}. Je betaalt dus {paid}.",
        "fr": "Vous ne payez jamais plus de {cap}. Vous payez donc {paid}.",
        "en": "You never pay more than {cap}. So you pay {paid}.",
    },
    "held": {
        "nl": "Samen met {group} kan je voor {cost} rijden. Een groep betaalt hoogstens {tau} meer dan ze zelf zou kosten: {limit} voor jullie samen. Daarom betaal je {less} minder: {paid}.",
        "fr": "Avec {group}, vous pouvez rouler pour {cost}. Un groupe paie au plus {tau} de plus que ce qu’il coûterait seul : {limit} pour vous tous. Vous payez donc {less} de moins : {paid}.",
        "en": "With {group} you can drive for {cost}. A group pays at most {tau} more than it would cost by itself: {limit} for all of you. That is why you pay {less} less: {paid}.",
    },
    "held_at_cost": {
        "nl": "Samen met {group} kan je voor {cost} rijden. Een groep betaalt nooit meer dan wat ze zelf zou kosten. Daarom betaal je {less} minder: {paid}.",
        "fr": "Avec {group}, vous pouvez rouler pour {cost}. Un groupe ne paie jamais plus que ce qu’il coûterait seul. Vous payez donc {less} de moins : {paid}.",
        "en": "With {group} you can drive for {cost}. A group never pays more than it would cost by itself. That is why you pay {less} less: {paid}.",
    },
    "lower": {
        "nl": "De besparingen liggen zo dicht bij elkaar als kan zonder dat een groep beter apart rijdt. Daardoor betaal je {less} minder: {paid}.",
        "fr": "Les économies sont aussi proches que possible sans qu’un groupe ait intérêt à partir. Vous payez donc {less} de moins : {paid}.",
        "en": "Savings are as close to each other as they can be without a group doing better apart. So you pay {less} less: {paid}.",
    },
    "carries": {
        "nl": "Andere groepen zouden goedkoper apart rijden en betalen daarom minder. Wat zij minder betalen, dragen de anderen: jij {more}. Je betaalt {paid}.",
        "fr": "D’autres groupes rouleraient moins cher à part et paient donc moins. Les autres portent la différence : vous {more}. Vous payez {paid}.",
        "en": "Other groups would drive cheaper apart and pay less for that. The others carry the difference: you {more}. You pay {paid}.",
    },
    "moved": {
        "nl": "Niemand betaalt meer dan alleen; wat daardoor bij anderen wegvalt, wordt verdeeld: {more} voor jou. Je betaalt {paid}.",
        "fr": "Personne ne paie plus que seul ; ce que d’autres paient ainsi de moins est réparti : {more} pour vous. Vous payez {paid}.",
        "en": "Nobody pays more than alone; what others pay less for that is spread: {more} for you. You pay {paid}.",
    },
    "paid": {
        "nl": "Dat betaal je: {paid}.",
        "fr": "C’est ce que vous payez : {paid}.",
        "en": "That is what you pay: {paid}.",
    },
    "saved": {
        "nl": "Je houdt {saved} over, {saving} van wat alleen rijden je zou kosten.",
        "fr": "Vous gardez {saved}, soit {saving} de ce que cela vous coûterait seul.",
        "en": "You keep {saved}, {saving} of what driving alone would cost you.",
    },
    "gap": {
        "nl": "De ritten kosten {gap} meer dan iedereen samen hoeft te betalen. Dat is aanloopkost: die krijgt niemand op de rekening.",
        "fr": "Les tournées coûtent {gap} de plus que ce que tous doivent payer ensemble. C’est un coût de lancement : il n’est facturé à personne.",
        "en": "The rounds cost {gap} more than everybody together has to pay. That is launch gap: it is on nobody’s bill.",
    },
    "raised": {
        "nl": "Deze keer kon de grens van {asked} niet voor elke groep gelden; ze is {tau} geworden.",
        "fr": "Cette fois, le seuil de {asked} ne pouvait valoir pour tous les groupes ; il est devenu {tau}.",
        "en": "This time the threshold of {asked} could not hold for every group; it became {tau}.",
    },
    "unproven": {
        "nl": "Of er nog een groep is die beter apart rijdt, is nagezocht, niet bewezen.",
        "fr": "Qu’aucun autre groupe n’ait intérêt à partir a été vérifié, mais n’est pas prouvé.",
        "en": "Whether one more group would do better apart has been searched, not proven.",
    },
    "stopped": {
        "nl": "De berekening is na de toegelaten tijd gestopt; dit zijn de laatste bedragen die kloppen.",
        "fr": "Le calcul s’est arrêté au bout du temps permis ; ce sont les derniers montants justes.",
        "en": "The calculation was stopped after the time allowed; these are the last amounts that add up.",
    },
    "and": {"nl": "en", "fr": "et", "en": "and"},
    "others": {"nl": "nog {count} anderen", "fr": "{count} autres", "en": "{count} others"},
}
