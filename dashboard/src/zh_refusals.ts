// What the broker says in its answers: refusals, errors, alarms, explanations. {text} is a text of the broker itself,
// other words in braces are names and numbers.

/** By the codes of the API, for messages that stand in no table. */
export const zhCodes: Record<number, string> = {
  101: "节点没有应答",
  102: "操作未完成",
  103: "密码错误",
  104: "用户名或密码为空",
  105: "没有这个用户",
  106: "不能删除该管理员",
  107: "缺少参数",
  108: "参数无效",
  109: "请求不是有效的 JSON",
  112: "客户端不在线",
  113: "用户已存在",
  115: "主题无效",
};

export const zhRefusals: Record<string, string> = {
  // --- requests
  "Bad Request: {why}": "请求无效：{why}",
  "the body must be a JSON object": "请求正文必须是 JSON 对象",
  "the body must be a list": "请求正文必须是列表",
  "{name} is missing": "缺少 {name}",
  "{name} must be a string": "{name} 必须是字符串",
  "{name} must be true or false": "{name} 必须是 true 或 false",
  "{name} must be an integer from {min} to {max}": "{name} 必须是 {min} 到 {max} 之间的整数",
  "{name} must be an integer from 1": "{name} 必须是不小于 1 的整数",
  "{name} is not a regular expression: {value}": "{name} 不是正则表达式：{value}",
  "the payload is not {encoding}": "载荷不是 {encoding} 编码",
  "the name is too long": "名称过长",
  "clientid is too long": "客户端 ID 过长",
  bad_topic: "主题无效",
  not_found: "不存在",
  existed: "已存在",
  noexisted: "不存在",
  "already existed": "已存在",
  "file is no object": "文件内容不是对象",
  "topic is missing": "缺少主题",
  "topic not found": "没有统计该主题",
  "_match_topic is neither a topic name nor a filter": "既不是主题也不是主题过滤器",
  "no such question": "没有这个查询",
  "no answer": "没有应答",
  "{node} does not answer": "{node} 没有应答",
  "{node} is not running": "{node} 没有运行",
  "{node} went down": "{node} 已停止",
  "the answer of {node} cannot be read": "无法解读 {node} 的应答",
  "the node does not know this question": "该节点不支持此查询",
  "a question that this node does not know": "该节点不支持此查询",
  "a question of an unknown kind": "未知类型的查询",
  "a question is cut short": "查询不完整",
  "an answer that cannot be read": "无法解读的应答",
  "Another site's page may not do this.": "其他网站的页面不能执行此操作。",
  "Not found.": "不存在。",

  // --- users, keys, bans
  "Too many attempts with wrong credentials.": "错误凭据的尝试次数过多。",
  "Password Error": "用户名或密码错误",
  "Username or password undefined": "未填写用户名或密码",
  "Username Not Found": "没有这个用户",
  "Username Already Exist": "用户名已存在",
  "The password is one that everybody knows: choose another one first.":
    "当前密码是众所周知的默认密码，请先修改。",
  "choose another password": "请设置另一个密码",
  "tags or password is missing": "缺少备注或密码",
  "Cannot delete {name}": "不能删除 {name}",
  "an id has 1 to 65535 bytes": "ID 的长度应为 1 到 65535 字节",
  "as must be clientid, username or peerhost": "类型必须是客户端 ID、用户名或地址",
  "as must be clientid, username or peerhost with an address":
    "类型必须是客户端 ID、用户名或地址，且地址须有效",

  // --- the cluster
  "Failed to join the cluster: {text}": "加入集群失败：{text}",
  "Failed to leave the cluster: {text}": "离开集群失败：{text}",
  "Failed to remove the node from cluster: {text}": "移出集群失败：{text}",
  "Ignore. This is {node} itself, a node cannot join itself.":
    "已忽略：{node} 就是本节点，节点不能加入自己。",
  "Ignore. This is {node} itself: use `cluster leave`.": "已忽略：{node} 就是本节点，请使用“离开”。",
  "a node cannot join itself": "节点不能加入自己",
  "another join is under way: {node}": "正在加入另一个节点：{node}",
  "{already_in_cluster,'{node}'}": "已与 {node} 在同一集群中",
  node_not_in_cluster: "节点不在集群中",
  "No nodes are kept apart.": "没有被隔开的节点。",
  "Not started: {text}": "未启动：{text}",
  "this node is being evacuated": "本节点正在疏散",
  "the cluster is being rebalanced": "集群正在再平衡",
  "no other node is running": "没有其他节点在运行",
  "This node is not being evacuated.": "本节点没有在疏散。",
  "The cluster is not being rebalanced.": "集群没有在再平衡。",

  // --- settings
  "this node has no configuration": "本节点没有配置",
  "changes is no object with members": "changes 不是含有成员的对象",
  "unknown key {key}; did you mean {near}?": "未知的键 {key}；是否指 {near}？",
  "unknown key {key}": "未知的键 {key}",
  "unknown key": "未知的键",
  "unknown key{text}": "未知的键{text}",
  "; did you mean {near}?": "；是否指 {near}？",
  "{node}: {key} = {value}: expected {text}": "{node}：{key} = {value} 不符合要求：{text}",
  "{key} = {value}: expected {text}": "{key} = {value} 不符合要求：{text}",
  "it counts after a restart of the node": "节点重启后生效",
  "as it was": "没有变化",
  "for clients that connect from now on": "对此后连接的客户端生效",
  "it belongs into the configuration file, where other programs look for it too":
    "此项必须写在配置文件中，因为其他程序也从那里读取",
  "the value is not one line of a file: it is more, or part of it looks like a comment":
    "值无法写成文件中的一行：多于一行，或其中一部分像注释",
  "{origin} sets it, which overrides what is set here": "{origin} 也设置了此项，优先于此处的设置",
  "another one of them is refused": "其中另一项被拒绝",
  "it is away": "节点已离线，上线后生效",
  "it does not answer now: {text}": "节点暂时没有应答：{text}",
  "it knows no such command": "该节点不支持此命令",
  changed: "已修改",
  restart: "重启后生效",
  refused: "被拒绝",
  later: "稍后生效",
  default: "默认",
  "conf set": "conf set（本节点）",
  "conf set --cluster": "conf set --cluster（整个集群）",

  // --- listeners, files, traces
  "no such listener {id}": "没有监听器 {id}",
  "no such listener": "没有这个监听器",
  "No such listener {id}": "没有监听器 {id}",
  "it runs already": "已在运行",
  "listeners of HTTP are not started, stopped or restarted by HTTP":
    "HTTP 监听器不能通过 HTTP 启动、停止或重启",
  "Failed to stop {id} listener on {address}: {text}": "停止 {address} 上的监听器 {id} 失败：{text}",
  "Failed to start {id} listener: {text}": "启动监听器 {id} 失败：{text}",
  "Failed to restart {id} listener: {text}": "重启监听器 {id} 失败：{text}",
  "this node keeps no files": "本节点不保存文件",
  "there is no exported file {name}": "没有导出文件 {name}",
  "The emqx data import failed: {text}": "导入失败：{text}",
  "The data export failed: {text}": "导出失败：{text}",
  "it is no JSON object": "不是 JSON 对象",
  "Unsupported version.": "不支持的版本。",
  "settings, {key}: left out, {text}": "设置 {key}：已略过，{text}",
  "There is no such trace.": "没有这个跟踪。",
  "There is no such trace that runs.": "没有这个正在运行的跟踪。",
  "there is a trace {name}": "已有名为 {name} 的跟踪",
  "nothing to trace": "没有指定跟踪对象",
  "not a topic filter: {filter}": "不是主题过滤器：{filter}",
  "not a topic name: {topic}": "不是主题名：{topic}",
  "type must be clientid, topic or ip_address": "类型必须是 clientid、topic 或 ip_address",
  "{level} is no level": "{level} 不是日志级别",

  // --- alarms
  "{usage}% cpu usage": "CPU 使用率 {usage}%",
  "System memory usage is higher than {limit}%": "系统内存使用率高于 {limit}%",
  "{usage}% of {text}": "{text}{usage}%",
  "the machine's memory is used by the process": "本进程占用的系统内存：",
  "the descriptors that the process may have are open (ulimit -n)": "已打开的文件描述符占上限（ulimit -n）：",
  "the connections that the listener takes are there (max_connections)":
    "监听器的连接数占上限（max_connections）：",
  "flapping is detected": "检测到连接抖动",
  "flapping detector": "抖动检测",

  // --- why a client gets a message
  "delivered: to '{client}' or another member of its group": "已投递：给 '{client}' 或其共享组中的另一个成员",
  "delivered: '{client}' gets it on {node}": "已投递：'{client}' 在 {node} 上收到",
  "delivered later: it waits on {node} for '{client}'": "稍后投递：消息在 {node} 上等待 '{client}'",
  "not delivered: {step} on {node}: {text}": "未投递：{node} 上的 {step}：{text}",
  "the node cannot explain it": "该节点无法解释",
  "no running node has a session of '{client}'": "没有运行中的节点持有 '{client}' 的会话",
  "no running node has a session of '{client}'{text}": "没有运行中的节点持有 '{client}' 的会话{text}",
  "; {node} does not answer": "；{node} 没有应答",
  "; {node} does not run, it may be there": "；{node} 没有运行，会话可能在那里",
  "; it is banned by {who}: {why}": "；它已被 {who} 封禁：{why}",
  "'{topic}' is no topic name": "'{topic}' 不是主题名",
  "'{topic}' does not say when and where (module.delayed)":
    "'{topic}' 没有给出延迟时间和目标主题（module.delayed）",
  "waits {seconds} s (module.delayed)": "延迟 {seconds} 秒（module.delayed）",
  "more than {levels} levels (mqtt.max_topic_levels)": "超过 {levels} 层（mqtt.max_topic_levels）",
  "QoS above {qos} (mqtt.max_qos_allowed)": "QoS 高于 {qos}（mqtt.max_qos_allowed）",
  "'{client}' {text} publish to '{topic}' (acl_file, acl rules, zone.*.acl_nomatch)":
    "'{client}' {text}发布到 '{topic}'（acl_file、acl 规则、zone.*.acl_nomatch）",
  may: "可以",
  "may not": "不可以",
  "'{client}' is not connected here: its rules are not asked": "'{client}' 没有连接到此节点：不检查其规则",
  "'{topic}' becomes '{other}' (module.rewrite.pub.rule)":
    "'{topic}' 被重写为 '{other}'（module.rewrite.pub.rule）",
  "'{filter}' leads to {node}": "'{filter}' 通往 {node}",
  "'{group}' has {online} of {members} members online on {node}":
    "'{group}' 在 {node} 上有 {members} 个成员，其中 {online} 个在线",
  "'{filter}' leads to {node}, which is away: {text}": "'{filter}' 通往 {node}，但它已离线：{text}",
  "kept for it (cluster.forward_keep)": "消息为它保留（cluster.forward_keep）",
  "lost at QoS 0": "QoS 0 的消息丢失",
  "no route for '{topic}' leads to {node}: nobody there is subscribed, or this node has not heard of it yet (cluster verify; cluster.suback_wait)":
    "'{topic}' 没有通往 {node} 的路由：那里无人订阅，或本节点尚未得知（cluster verify；cluster.suback_wait）",
  "the cluster is split: see `cluster status` (cluster.autoheal)":
    "集群已分裂：参见 `cluster status`（cluster.autoheal）",
  "{node} is away: messages of QoS 1 and 2 wait for it, at most cluster.forward_keep_bytes for cluster.forward_keep ({bytes} bytes now)":
    "{node} 已离线：QoS 1 和 QoS 2 消息为它等待，上限为 cluster.forward_keep_bytes 和 cluster.forward_keep（现有 {bytes} 字节）",
  "connected to {node}, {bytes} bytes wait (cluster.link_high_watermark = {limit})":
    "已连接到 {node}，等待发送 {bytes} 字节（cluster.link_high_watermark = {limit}）",
  "connecting to {node}, {bytes} bytes wait (cluster.link_high_watermark = {limit})":
    "正在连接 {node}，等待发送 {bytes} 字节（cluster.link_high_watermark = {limit}）",
  "published at QoS {published}, subscribed at QoS {subscribed}: delivered at QoS {delivered}":
    "以 QoS {published} 发布，以 QoS {subscribed} 订阅：以 QoS {delivered} 投递",
  "connected from {address}, MQTT {version}": "已连接，来自 {address}，MQTT {version}",
  "away; its session does not expire": "离线；会话永不过期",
  "away; its session expires in {seconds} s (zone.*.session_expiry_interval, or what the client said)":
    "离线；会话在 {seconds} 秒后过期（zone.*.session_expiry_interval，或由客户端指定）",
  "on its way to another node: what comes for it is sent after it":
    "会话正在移往另一个节点：发给它的消息会随后送去",
  "has just come from another node: what is under way there comes first":
    "会话刚从另一个节点移来：那里尚在途中的消息先到",
  "none of its {n} subscriptions matches '{topic}'": "它的 {n} 个订阅都不匹配 '{topic}'",
  "none of its {n} subscriptions matches '{topic}'{text}": "它的 {n} 个订阅都不匹配 '{topic}'{text}",
  "; they lie below '{mountpoint}' (zone.*.mountpoint)":
    "；它们位于 '{mountpoint}' 之下（zone.*.mountpoint）",
  "{filters} matches": "{filters} 匹配",
  "{filters} match": "{filters} 匹配",
  "it is the publisher, and has said that it wants nothing of its own (No Local; a bridge, or mqtt.ignore_loop_deliver)":
    "它就是发布者，且已要求不接收自己的消息（No Local；桥接，或 mqtt.ignore_loop_deliver）",
  "one member of '{group}' gets it, perhaps another one: {online} of {members} on this worker are online (broker.shared_subscription_strategy)":
    "由 '{group}' 的一个成员接收，也可能是另一个：此工作线程上 {members} 个成员中 {online} 个在线（broker.shared_subscription_strategy）",
  "it might not subscribe to '{filter}' today, but has (acl_file, acl rules): the subscription stands":
    "按现在的规则它不能订阅 '{filter}'，但已订阅（acl_file、acl 规则）：该订阅继续有效",
  "the client takes packets of up to {bytes} bytes: larger ones are dropped (Maximum Packet Size)":
    "客户端最大接收 {bytes} 字节的报文：更大的会被丢弃（Maximum Packet Size）",
  "it does not read fast enough: more than {bytes} bytes wait for its connection, and messages of QoS 0 are dropped (listener.*.high_watermark)":
    "它读取太慢：等待发送的数据超过 {bytes} 字节，QoS 0 消息被丢弃（listener.*.high_watermark）",
  "it is away, and messages of QoS 0 are not kept (zone.*.mqueue_store_qos0 = false)":
    "它已离线，且 QoS 0 消息不保留（zone.*.mqueue_store_qos0 = false）",
  "{n} of {limit} messages wait for an acknowledgement (zone.*.max_inflight, Receive Maximum)":
    "{limit} 条中有 {n} 条消息等待确认（zone.*.max_inflight、Receive Maximum）",
  "sent at once": "立即发送",
  "waits behind {n} messages; {text} (zone.*.max_mqueue_len = {limit})":
    "前面有 {n} 条消息等待；{text}（zone.*.max_mqueue_len = {limit}）",
  "the queue is full: the oldest is dropped for it": "队列已满：为它丢弃最旧的消息",
  "there is room": "队列未满",
};
