"""The emoji that people and bots use most, by Slack's names. Any other name is shown as it is typed."""

import re

_NAMES = """
smile😄 smiley😃 grin😁 joy😂 slightly_smiling_face🙂 wink😉 blush😊 heart_eyes😍 thinking_face🤔 thinking🤔
neutral_face😐 confused😕 cry😢 sob😭 scream😱 sunglasses😎 nerd_face🤓 sleeping😴 hugging_face🤗 shrug🤷
facepalm🤦 robot_face🤖 ghost👻 skull💀 alien👽 wave👋 raised_hands🙌 clap👏 pray🙏 muscle💪 ok_hand👌 +1👍
thumbsup👍 -1👎 thumbsdown👎 point_right👉 point_left👈 point_up☝️ point_down👇 eyes👀 brain🧠 heart❤️
broken_heart💔 fire🔥 sparkles✨ star⭐ star2🌟 boom💥 zap⚡ tada🎉 confetti_ball🎊 balloon🎈 gift🎁 trophy🏆
medal🏅 first_place_medal🥇 rocket🚀 hourglass⌛ hourglass_flowing_sand⏳ stopwatch⏱️ alarm_clock⏰ clock1🕐
calendar📅 date📅 white_check_mark✅ heavy_check_mark✔️ ballot_box_with_check☑️ x❌ negative_squared_cross_mark❎
warning⚠️ no_entry⛔ no_entry_sign🚫 octagonal_sign🛑 exclamation❗ question❓ grey_question❔ bangbang‼️
bulb💡 red_circle🔴 large_orange_circle🟠 large_yellow_circle🟡 large_green_circle🟢
large_blue_circle🔵 large_purple_circle🟣 white_circle⚪ black_circle⚫ large_green_square🟩 large_red_square🟥
white_large_square⬜ black_large_square⬛ small_blue_diamond🔹 small_orange_diamond🔸 arrow_right➡️ arrow_left⬅️
arrow_up⬆️ arrow_down⬇️ arrows_counterclockwise🔄 repeat🔁 fast_forward⏩ double_vertical_bar⏸️ arrow_forward▶️
black_square_for_stop⏹️ heavy_plus_sign➕ heavy_minus_sign➖ page_facing_up📄 page_with_curl📃 bookmark_tabs📑
bar_chart📊 chart_with_upwards_trend📈 chart_with_downwards_trend📉 clipboard📋 pushpin📌 paperclip📎 link🔗
scissors✂️ file_folder📁 open_file_folder📂 card_index_dividers🗂️ wastebasket🗑️ lock🔒 unlock🔓 key🔑 hammer🔨
wrench🔧 gear⚙️ hammer_and_wrench🛠️ toolbox🧰 test_tube🧪 microscope🔬 mag🔍 mag_right🔎 computer💻 desktop_computer🖥️
floppy_disk💾 package📦 inbox_tray📥 outbox_tray📤 mailbox📫 email📧 envelope✉️ memo📝 pencil📝 pencil2✏️ book📖
books📚 mortar_board🎓 school🏫 speech_balloon💬 left_speech_bubble🗨️ thought_balloon💭 bell🔔 no_bell🔕
loudspeaker📢 mega📣 moneybag💰 dollar💵 money_with_wings💸 credit_card💳 receipt🧾 globe_with_meridians🌐
house🏠 office🏢 construction🚧 rotating_light🚨 beetle🐞 bug🐛 snail🐌 turtle🐢 seedling🌱 evergreen_tree🌲
sunny☀️ cloud☁️ snowflake❄️ umbrella☔ coffee☕ pizza🍕 cake🍰 cookie🍪 apple🍎 100💯 new🆕 ok🆗 sos🆘 up🆙
free🆓 one1️⃣ two2️⃣ three3️⃣ four4️⃣ five5️⃣ busts_in_silhouette👥 bust_in_silhouette👤 technologist🧑‍💻
game_die🎲 dart🎯 jigsaw🧩 crystal_ball🔮 magic_wand🪄 balance_scale⚖️ stop_sign🛑 label🏷️ ribbon🎀 recycle♻️
"""
_OTHERS = {
    "one": "1️⃣",
    "two": "2️⃣",
    "three": "3️⃣",
    "four": "4️⃣",
    "five": "5️⃣",
    "100": "💯",
    "clock1": "🕐",
    "information_source": "ℹ️",
}

EMOJI: dict[str, str] = {
    match[1]: match[2].strip()
    for match in re.finditer(r"([+\-]?[a-z0-9_]+?)(?=[^\sa-z0-9_])([^\sa-z_]+)(?=\s)", _NAMES)
} | _OTHERS


def shortcodes(html: str) -> str:
    """`:tada:` becomes the character. Works on HTML text too: the names contain nothing that HTML uses."""

    def one(match: re.Match[str]) -> str:
        return EMOJI.get(match[1], match[0])

    return re.sub(r":([+\-]?[a-z0-9_]+):(?::skin-tone-\d:)?", one, html)
