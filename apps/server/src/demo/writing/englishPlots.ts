import type { Plot } from './plot.ts'

export const englishCast = {
  names: ['Mara', 'Ines', 'Jonah', 'Tobias', 'Nell', 'Rafael'],
  places: ['Saltmarsh', 'Harrow Bridge', 'Little Quay', 'Alder Hollow', 'Ferrymoor'],
  objects: [
    'an old atlas',
    'my grandmother’s cookbook',
    'a novel I had never finished',
    'the back of the telephone book',
  ],
  seasons: ['late autumn', 'early spring', 'midsummer', 'late winter'],
}

/** Someone hears of the subject, looks for it everywhere, and finds it by standing still. */
const search: Plot = ({ subject, name, place, season }) => [
  `${name} first heard about ${subject.mention} on a wet evening in ${place}. The rain had just stopped, the cobbles still held a little of the sky, and an old man folding up his market stall brought it up the way people bring up the weather. Everyone else nodded and hurried home. ${name} stayed. There are things you only need to hear once, and after that you can no longer pretend you haven’t.`,
  `From then on a notebook went everywhere ${name} went, and so did the questions. Some people shook their heads. Some laughed. A few lowered their voices and said they would rather not speak about ${subject.head} at supper, because nobody would believe the half of it. By ${season} the pages had filled with scraps: a date, a street, the colour of a door. They lay there like beads in a drawer, bright enough, and no thread in sight.`,
  `The turn, when it came, was a quiet one. One foggy morning ${name} followed the river down to the ferry, watched last night’s leaves go round and round below the pier, and saw the mistake: all that collecting of answers, and not one good look at what lay right there. Whatever there was to know about ${subject.head}, it would not be found in other people’s talk. It was here, in the plain corners of the town, waiting for somebody to stand still.`,
  `So ${name} stopped asking and sat down to watch. How the baker coaxed the fire up before dawn. How the gate on Mill Lane groaned twice before it gave. Why children slowed down along that one stretch of wall. None of it seemed to matter, and all of it went into the notebook, line after line, until the lines began to lean towards one another and make a road.`,
  `What people remember best is the last night. The power failed, the whole street went under as if into deep water, and without a word agreed beforehand they came out of their houses and gathered round a single lamp. ${name} opened the notebook and read, from the beginning. When the reading came to ${subject.head}, nobody coughed and nobody moved. The wick gave one small crack, like someone far away nodding in the dark.`,
  `Morning came, and the days went on as before. The stall smoked; the ferry left early. But when a stranger asks about ${subject.mention} now, the people of ${place} neither shake their heads nor laugh. They put the kettle on, pull out a chair, and say, “Sit down. This one takes a while to tell.”`,
]

/** Someone keeps at it for years while the town looks on, and then helps. */
const craft: Plot = ({ subject, name, place, season }) => [
  `At first nobody in ${place} gave a thought to ${subject.mention}. The town was too busy: market calls at dawn, the two o’clock whistle, cards and quarrels until midnight. There was no hour left over for an idea of no visible use. Only ${name} kept it, the way you keep a key long after you have forgotten the door.`,
  `At the end of the lane was a room whose one good thing was a broad wooden table. Every evening, when the day’s work was done, a lamp came on above it. Some nights there was a drawing half finished, some nights a sentence written and crossed out, and some nights nothing at all, only ${name}, chin in hand, looking out at the dark. “Still busy with ${subject.head}?” the neighbours called over the wall. “Nearly there,” came the answer. “Nearly there.”`,
  `It took three years. In the first, nothing worked. In the second, half of it worked, and then the river rose and took that half away. On the morning the water went down, ${name} knelt in the mud, peeling wet pages from one another. A small girl stopped, crouched, and began to help. When they had finished, the girl asked if that was the end of it. ${name} thought for a long time. “Not while somebody minds,” was all the girl was told.`,
  `Perhaps it was that answer that shifted something. First the carpenter came by with timber, left over, he said. Then the seamstress brought cloth, too much of it, she said. Even the clockmaker, who spoke to nobody, knocked one snowy night, laid a polished brass wheel on the table, and was gone before anyone could thank him. No one said a word about ${subject.head}. No one needed to.`,
  `And in the third year, in ${season}, it was done. There was no ribbon and no band; ${name} simply opened the door. Early light came in slantwise and lay on the old table, and on the faces of all who had hurried over with their coats buttoned wrong. They had come for ${subject.head}, and what they saw was smaller than they had imagined, and quieter, and so bright that nobody wanted to be the first to blink.`,
  `These days people travel a long way to ask for the secret. ${name} takes them to the window and points down at the street. “Market, whistle, cards,” they are told. “All still there. We only moved over a little to make room.” Then the window is pushed wider, to let in the wind, and the noise, and the sun.`,
]

/** A letter of one line arrives, and whoever gets it has to go and see. */
const letter: Plot = ({ subject, place, object, season }) => [
  `I still remember the letter. The envelope had gone yellow, there was no name on it, and inside was a single line in pencil: “${subject.topic.charAt(0).toUpperCase()}${subject.topic.slice(1)}.” I had just moved to ${place} and knew nobody, so I took it for a mistake and slipped it into ${object}. But that night the line would not go out. It glowed through the paper like a spark that someone had forgotten to step on.`,
  `In the morning I took it to the postman. He pushed back his cap and said that half the street had had one. Some thought it a joke; some kept it at the bottom of a trunk; and one or two had followed where it led, and had never again complained about the length of the winter. “As for ${subject.head},” he called over his shoulder, already pedalling, “that’s mostly a matter of who goes and looks.”`,
  `So I went and looked. The road out of town was long: fields first, then pines, then nothing but wind. Towards evening a lamp came on in a fold of the hills, and under it sat an old woman mending an umbrella. Before I could open my mouth she had pushed a stool in my direction, as though she had been expecting me since lunch.`,
  `We talked late, and were silent even later. She told me how it had all begun with ${subject.head}, who had given up and when, and which mistakes had been her own. And just when she reached the heart of it she stopped and made me listen instead: rain on the tiles, the shifting of the fire, a dog somewhere that barked twice and thought better of it. “There,” she said. “It’s all in there.”`,
  `I turned that over the whole way home. The sky came up grey, then pink; the dew soaked my shoes; I was not in the least tired. At the edge of town I understood at last. The letter had never meant to tell me anything. It had meant me to walk, and to carry ${subject.head} out of other people’s mouths and back into a life of my own.`,
  `Now it is my turn. I have sharpened the pencil and smoothed out the paper, and I have written one line, with no name and no stamp. Tonight I will lay it on the new neighbour’s doorstep, knock three times, and run, laughing, into the ${season} wind.`,
]

export const englishPlots: readonly Plot[] = [search, craft, letter]

/** What is said around the sentences of an original text, paragraph by paragraph. */
export const englishFrames: readonly string[] = [
  'That is where it begins. Nobody thought much of it at the time; the day went on in its usual way, and only a very careful eye would have caught the small change in the air.',
  'It takes a moment to tell, but it was a long road for those who walked it. What stayed with them were the sounds: footsteps, a voice in the next room, a door that opened and closed again.',
  'From here on nothing could go back to the way it had been. Some stopped to think, some kept walking, and every choice threw a long shadow behind it.',
  'Looking back, this was the moment that counted. It made no noise and gave no warning; it was as though someone had turned up a lamp, and the room was suddenly larger than before.',
  'And there the story rests. Outside, the light has changed. The teller closes the book, the listeners stay in their seats, and nobody is in a hurry to be the first to stand.',
]

/** Paragraphs that can stand anywhere, for a longer version. */
export const englishAsides: readonly string[] = [
  'It rained a little that night. Drops queued along the gutter and fell one at a time, as if somebody patient were counting them. The lamp at the corner burned until morning, with moths going round it and their shadows swelling and shrinking on the wall. At dawn the street sweeper swore that there had been laughter, quite near; but when he went to look there were only the stones, washed until they shone.',
  'Not everyone was convinced. In the tea room a gentleman with spectacles rapped on the table and declared that such things did not happen. He had hardly finished when the wind outside dropped, every head in the room came up, and from far away they heard the long note of a ship. The gentleman looked at his cup for a while. “Then again,” he said, “who can tell.”',
]

/** Paragraphs for the instructions this writer knows a scene for. */
export const englishScenes = {
  night:
    'It was then that night came down: first over the ridge of the roofs, then over the trees, until the road itself could hardly be seen. Far off somebody passed with a lantern, and its swaying light made another place of everything it touched. Things that had been perfectly ordinary by day looked, in the dark, as if they had something to say.',
  funny:
    'At this very moment a goose came waddling up, looked at no one, and sat down in the exact middle, as though all of it had been arranged on her behalf. Everybody held their breath. The goose sneezed, enormously, got up, and left. The laughter that had been waiting all evening went off like a dropped tray, and even the most solemn of the old gentlemen had to hold on to his spectacles.',
}
