/** Words the demo translates, English and Chinese: enough that a page of either looks translated. */
const list = `
the= a= an= of=的 and=和 or=或 not=不 no=没有 is=是 are=是 was=是 were=是 be=是 in=在 at=在 on=在 to=到 from=从 with=与 for=为 by=由 as=作为
this=这 that=那 these=这些 those=那些 it=它 he=他 she=她 they=他们 we=我们 you=你 i=我 his=他的 her=她的 their=他们的 our=我们的 your=你的 my=我的 its=其
who=谁 what=什么 when=当 where=哪里 why=为什么 how=如何 which=哪个 all=所有 every=每个 each=每 some=一些 many=许多 more=更多 most=大多数 few=少数 other=其他 one=一 two=二 three=三 first=第一 last=最后 new=新 old=旧
can=能 could=能够 will=将 would=会 must=必须 should=应该 may=可以 has=有 have=有 had=曾有 do=做 does=做 did=做了 made=制作 make=制作 makes=使 use=使用 used=使用 uses=使用 using=使用 get=得到 give=给 gives=给 take=拿 takes=需要 go=去 goes=走 come=来 came=来了 see=看见 know=知道 knows=知道 think=认为 say=说 says=说 said=说 write=写 wrote=写了 read=读 open=打开 close=关闭 begin=开始 begins=开始 end=结束 ends=结束 keep=保持 find=找到 found=找到 show=显示 shows=显示 work=工作 works=工作 run=运行 start=开始 stop=停止 wait=等待 help=帮助 need=需要 needs=需要 want=想要 change=改变 build=建造 send=发送 receive=收到 pay=支付 buy=购买 sell=销售 learn=学习 live=生活 move=移动 turn=转向 hold=握住 stand=站立 return=返回 wear=穿戴 lift=提起 clean=清洁 check=检查 store=存放 connect=连接 press=按下 install=安装 remove=移除 replace=更换
time=时间 day=天 year=年 month=月 week=周 hour=小时 minute=分钟 night=夜晚 morning=早晨 people=人们 person=人 man=男人 woman=女人 child=孩子 children=孩子们 friend=朋友 family=家庭 home=家 house=房子 city=城市 country=国家 world=世界 place=地方 way=方式 part=部分 side=侧面 hand=手 eye=眼睛 head=头 water=水 fire=火 sea=大海 river=河 mountain=山 sky=天空 sun=太阳 moon=月亮 wind=风 rain=雨 light=光 tree=树 road=路 door=门 window=窗户 room=房间 table=表格 book=书 letter=信 word=词 page=页面 text=文本 document=文档 file=文件 name=名称 number=编号 list=列表 line=行 title=标题 story=故事 question=问题 answer=答案 problem=问题 reason=原因 result=结果 example=例子 idea=想法 plan=计划 step=步骤 rule=规则 system=系统 program=程序 computer=计算机 machine=机器 device=设备 user=用户 customer=客户 company=公司 product=产品 service=服务 project=项目 team=团队 market=市场 price=价格 money=资金 cost=成本 data=数据 report=报告 contract=合同 order=订单 safety=安全 quality=质量 manual=手册 guide=指南 introduction=简介 chapter=章节 section=部分 summary=摘要 note=注意 warning=警告 button=按钮 screen=屏幕 power=电源 battery=电池 cable=电缆 heading=标题 paragraph=段落 header=页眉 footer=页脚 footnote=脚注 link=链接 cell=单元格
good=好 bad=坏 big=大 small=小 long=长 short=短 high=高 low=低 early=早 late=晚 important=重要 different=不同 same=相同 great=伟大 little=小 right=正确 left=左 next=下一个 open=打开 free=免费 easy=容易 hard=困难 fast=快 slow=慢 clear=清楚 bold=粗体 cold=冷 hot=热 quiet=安静 ready=准备好 very=非常 only=只 also=也 then=然后 now=现在 here=这里 there=那里 never=从不 always=总是 again=再次 before=之前 after=之后 under=在下面 over=在上方 between=之间 without=没有 through=通过 because=因为 if=如果 but=但是 so=所以 than=比 while=同时 about=关于 hello=你好 thanks=谢谢 please=请 yes=是
lighthouse=灯塔 keeper=守护者 island=小岛 ship=船 harbour=港口 bottle=瓶子 fog=雾
`

const pairs = list
  .trim()
  .split(/\s+/u)
  .map((entry) => entry.split('=') as [string, string])

export const toChinese: ReadonlyMap<string, string> = new Map(pairs)

/** Of several words for one, the first. Chinese that says little on its own has none. */
export const toEnglish: ReadonlyMap<string, string> = new Map([
  ...pairs
    .filter(([, chinese]) => chinese !== '')
    .toReversed()
    .map(([english, chinese]) => [chinese, english] as const),
  ...(
    [
      '了',
      '着',
      '过',
      '地',
      '得',
      '吗',
      '呢',
      '吧',
      '个',
      '位',
      '条',
      '封',
      '本',
      '张',
      '只',
      '座',
      '件',
      '种',
      '里',
      '上',
      '把',
      '被',
    ] as const
  ).map((word) => [word, ''] as const),
])
