"""A made-up chat file of any size: the same bytes for the same size and seed, on every machine.

Two thirds of the examples are English with some code, one third Chinese. Words are real and come with the long-tailed
frequencies of language; one in thirty is made up, as names and typing errors are. 20 system prompts in each language
are shared by all, as is usual. (Text of made-up words only would be unlike any training file: tokenizers spend most of
their time on words that they have no token for.)
"""

import json
import random
from itertools import accumulate
from pathlib import Path
from typing import Any

COMMON = """
the of and to in a is that for it as was with be by on not he his but at are this have from or had
an they which one you were all her she there would their we him been has when who will no more if
out so up said what its about than into them can only other time new some could these two may first
then do any like my now over such our man me even most made after also did many off before must well
back through years much where your way down should because long each just state those people too how
little good world make very year still see own work men day get here old between both life being
under three never know same last another while us might great go come since against right take used
himself few house use during without again place around however home small found thought went say
part once general high upon school every does got united left number course war until always away
something fact though water less public put think almost hand enough far took head yet government
system better set told nothing night end why called find going look asked later knew point next
program city business give group toward young days let room word money order account customer
invoice delivery refund password please thanks question answer problem
able accept access across action actually address afternoon agree allow amount android apply approach april area
arrive article attach attempt available average balance bank basic because become begin behavior believe below benefit
bicycle bill book bottom box branch break bring browser budget build button buy calculate calendar cancel card careful
case cause change character charge check choose click client close cloud code collect color column combine comment
common company compare complete computer condition confirm connect consider contact contain continue control copy
correct cost count country create current data database date decide default delay delete depend describe design detail
develop device difference difficult direct discount discuss display document double download drive during early easy
edit effect electric email employee empty enable engine english enter error evening event example exchange expect
explain export express extra factor fail family fast feature field figure file fill filter final finish first folder
follow format forward free friday friend front full function future garden general get given glass global goal green
grow guess guide happen hardware heavy hello hour human idea image import improve include increase industry inform
input inside install instead interest internet issue item january join keyboard kitchen language laptop large later
learn leave letter level library license light limit link list listen local location lock login lunch machine main
manage manual market match matter mean measure meeting member memory menu message method minute mistake mobile model
moment monday monitor month morning move movie multiple music network normal note notice object offer office official
online open operation option original output package page paper parent park partner pattern pause payment pencil
percent perfect performance period permission person phone photo picture plan plant platform player policy popular
position possible power practice prefer prepare present press prevent price print private process produce product
profile project property protect provide purchase quality quick quiet rain random rate reach ready real reason receive
recent recipe record reduce region register release remember remove repair repeat replace reply report request
require research reserve reset resolve resource rest result return review river road rule safe sale sample save
schedule science screen script search season second section security select sell send sentence separate september
server service session setting several share ship shop short show sign simple single site size sleep slow software
solution something sometimes song sound source space special speed spring stage standard start station statistics
status step stop store story street strong student study style subject submit success suggest summer sunday support
surface surprise switch table task taxi teacher team technical telephone temperature test text theory thursday ticket
today together tomorrow tool topic total town track traffic train transfer travel tree trip trouble trust tuesday type
under understand unit update upload user usually value version video view village visit voice wait walk wall warm watch
weather website wednesday week weight welcome window winter without wonder worker write wrong yellow yesterday
"""
CHINESE = """
的 是 了 在 我 你 他 我们 这 有 不 和 就 也 人 都 说 要 会 可以 一个 没有 什么 这个 如果 因为 所以 但是 或者
需要 现在 时间 问题 请 问 怎么 为什么 今天 明天 昨天 知道 觉得 工作 公司 客户 服务 订单 地址 电话 密码 账户
付款 退款 发票 价格 优惠 商品 质量 快递 物流 城市 北京 上海 中国 世界 国家 社会 经济 发展 技术 科学 研究 学习
学生 老师 学校 大学 教育 文化 历史 语言 中文 英文 文章 文件 数据 系统 软件 程序 代码 函数 变量 电脑 手机 网络
互联网 信息 消息 邮件 图片 视频 音乐 电影 天气 下雨 温度 健康 医生 医院 身体 运动 吃饭 早上 晚上 中午 星期一
周末 年 月 日 小时 分钟 公园 火车 飞机 汽车 自行车 地铁 酒店 旅游 机场 房间 家庭 父母 孩子 朋友 先生 女士 大家
自己 别人 喜欢 希望 帮助 谢谢 对不起 没关系 当然 非常 已经 正在 还是 应该 可能 必须 能够 开始 结束 继续 完成
选择 使用 提供 支持 管理 设计 开发 测试 运行 安装 更新 下载 上传 打开 关闭 保存 删除 修改 检查 确认 取消 申请
提交 处理 解决 分析 比较 总结 介绍 说明 解释 例子 方法 步骤 结果 原因 影响 条件 关系 情况 部分 方面 内容 重要
简单 复杂 容易 困难 方便 安全 快速 稳定 准确 不同 相同 第一 第二 最后 首先 然后 其次 另外 同时 例如 根据 关于
通过 对于 以及 之后 之前 之间 上面 下面 里面 外面 左边 右边 前面 后面 高 低 大 小 多 少 好 坏 新 旧 长 短 快
慢 红色 蓝色 绿色 白色 黑色 水 火 山 河 海 花 树 鸟 鱼 猫 狗 马 米饭 面条 水果 苹果 蔬菜 牛奶 咖啡 茶
"""
CODE = (
    "def total(items: list[float]) -> float:\n    return sum(items)  # in euros\n",
    "SELECT name, count(*) FROM orders WHERE placed_at > now() - interval '7 days' GROUP BY name;",
    "for (const row of rows) {\n  console.log(`${row.id}: ${row.state}`);\n}",
    '{"error": {"message": "not found", "type": "invalid_request_error", "code": 404}}',
)


def write(path: Path, size: int, seed: int = 1, *, tools: bool = False) -> None:
    """Writes about `size` bytes of chat examples in JSONL; with `tools` each declares two tools and calls one."""
    chance = random.Random(seed)
    english, chinese = COMMON.split(), CHINESE.split()
    names = ["".join(chance.choices(SYLLABLES, k=chance.randint(2, 4))) for _ in range(20_000)]
    rare = [bytes((high, low)).decode("gb2312") for high in range(0xB0, 0xD7) for low in range(0xA1, 0xFA)]
    weights = {
        len(words): list(accumulate(1 / rank for rank in range(3, len(words) + 3))) for words in (english, chinese)
    }

    def sentence(words: list[str], odd: list[str], between: str, stop: str) -> str:
        said = chance.choices(words, cum_weights=weights[len(words)], k=chance.randint(4, 18))
        if chance.random() < 0.4:  # so that one word in thirty is odd
            said[chance.randrange(len(said))] = chance.choice(odd)
        text = between.join(said)
        return text[:1].upper() + text[1:] + stop

    def text(in_chinese: bool, sentences: int) -> str:
        if in_chinese:
            return "".join(sentence(chinese, rare, "", chance.choice("。，？")) for _ in range(sentences))
        said = [sentence(english, names, " ", chance.choice((".", ".", ",", "?", "!"))) for _ in range(sentences)]
        if chance.random() < 0.2:
            said.append(f"{chance.randint(1, 99_999):,} €, {chance.randint(1, 28)}/{chance.randint(1, 12)}/2026")
        if chance.random() < 0.1:
            said.append(f"\n```\n{chance.choice(CODE)}\n```")
        return " ".join(said)

    prompts = {in_chinese: [text(in_chinese, 4) for _ in range(20)] for in_chinese in (False, True)}
    written = 0
    with path.open("wb") as file:
        while written < size:
            in_chinese = chance.random() < 1 / 3
            messages: list[dict[str, Any]] = [{"role": "system", "content": chance.choice(prompts[in_chinese])}]
            for _ in range(chance.choice((1, 1, 2))):
                messages.append({"role": "user", "content": text(in_chinese, chance.randint(1, 8))})
                messages.append({"role": "assistant", "content": text(in_chinese, chance.randint(1, 16))})
            example: dict[str, object] = {"messages": messages}
            if tools:
                arguments = json.dumps({"city": text(False, 1), "days": chance.randint(1, 14)})
                function = {"name": "get_weather", "arguments": arguments}
                call: dict[str, Any] = {"id": f"call_{written}", "type": "function", "function": function}
                result = json.dumps({"answer": text(False, 2)})
                messages[2:2] = [
                    {"role": "assistant", "content": None, "tool_calls": [call]},
                    {"role": "tool", "tool_call_id": call["id"], "content": result},
                ]
                example["tools"] = TOOLS
            line = json.dumps(example, ensure_ascii=False).encode() + b"\n"
            written += file.write(line)


TOOLS = [
    {
        "type": "function",
        "function": {
            "name": name,
            "description": description,
            "parameters": {
                "type": "object",
                "properties": {"city": {"type": "string"}, "days": {"type": "integer", "minimum": 1}},
                "required": ["city"],
            },
        },
    }
    for name, description in (("get_weather", "The weather of the next days."), ("get_tides", "High and low water."))
]
SYLLABLES = [a + b + c for a in "bcdfgklmnprstv" for b in "aeiou" for c in ("", "n", "r", "s", "l")]
