// The meaning of the keys, which the broker gives in English: its text, and what it says in Chinese. {text} is such a
// text again, other words in braces are names and numbers. `tidy.dashboard_texts` holds this beside the schema.

export const zhSettings: Record<string, string> = {
  "Name of the node. The other nodes reach it by the host behind the @":
    "节点名。其他节点通过 @ 后面的主机访问它",
  "Secret that all nodes of a cluster share; checked, never sent":
    "集群所有节点共用的密钥；只做校验，从不发送",
  "Directory of what must survive a restart": "存放重启后仍需保留的数据的目录",
  "When what is written there has to survive a loss of power: on: before anybody is told that it is kept; interval, off: later; a crash of the process alone loses nothing in any case":
    "写入该目录的数据何时能经受断电：on：在答复已保存之前；interval、off：稍后。仅进程崩溃时，任何设置都不会丢失数据",
  "How much later, with interval": "使用 interval 时延后多久写盘",
  "Worker threads; 0: one for each core": "工作线程数；0：每个 CPU 核一个",
  "Messages waiting for one worker before publishers are slowed":
    "等待同一个工作线程处理的消息数，超过后发布者会被减速",
  "The same in bytes": "等待同一个工作线程处理的字节数，超过后发布者会被减速",
  "First port to try for links from other nodes; 0: any free one":
    "节点间连接尝试的第一个端口；0：任意空闲端口",
  "Last port to try": "节点间连接尝试的最后一个端口",
  "A node that is silent for so long is taken for down": "节点静默超过此时间即视为已停止",
  "Time for connecting to a node, handshake included": "连接其他节点的时限，包括握手",
  "What TLS between nodes needs, as an Erlang term: certificates, whom to trust":
    "节点间 TLS 的配置文件，写成 Erlang 项：证书以及信任哪些 CA",
  "Register with the EPMD of the host, or serve EPMD if there is none. off: nodes find each other by node.dist_listen_min alone":
    "在主机的 EPMD 注册，没有 EPMD 时由本节点提供。off：节点仅凭 node.dist_listen_min 互相找到",
  "IPv4 or IPv6 between nodes, and whether they speak TLS; all nodes of a cluster alike":
    "节点间使用 IPv4 还是 IPv6，以及是否使用 TLS；集群中所有节点必须一致",
  "How long `cluster join` tries": "`cluster join` 尝试加入的最长时间",
  "Parts of a cluster that was split become one by themselves when they meet; off: by `cluster heal`":
    "集群分裂后的各部分重新相遇时自动合并；off：需执行 `cluster heal`",
  "A member that is out of reach for so long is forgotten until it comes back; 0: never":
    "成员失联超过此时间后会被移除，直到它回来；0：从不",
  "CONNACK waits at most so long for all nodes to know where the session is":
    "CONNACK 最多等待多久，直到所有节点都知道会话在哪里",
  "SUBACK and UNSUBACK wait at most so long for all nodes to know the routes, and an operator for them to have what was written":
    "SUBACK 和 UNSUBACK 最多等待多久，直到所有节点都知道路由的变化；管理操作最多等待多久，直到所有节点都有了写入的内容",
  "PUBACK and PUBREC wait until the other nodes have the message":
    "PUBACK 和 PUBREC 等到其他节点收到消息后才发送",
  "But at most so long": "上述时间的上限",
  "QoS 1 and 2 messages for a node that is away are kept so long": "为离线节点保留 QoS 1 和 QoS 2 消息的时间",
  "But at most so many bytes by each worker for each such node; what comes then is dropped":
    "每个工作线程为每个离线节点最多保留的字节数；超出的消息被丢弃",
  "A node that ends hands its sessions over to running nodes for at most so long; it keeps the others on disk":
    "节点停止时向运行中的节点移交会话的最长时间；其余会话保存在磁盘上",
  "Sessions handed over in a second, at most": "每秒最多移交的会话数",
  "Clients per second that `cluster evacuate` and `cluster rebalance` send away from a node, unless the command says otherwise":
    "`cluster evacuate` 和 `cluster rebalance` 每秒从一个节点送走的客户端数，命令中另有指定时除外",
  "Percent by which a node may have more clients than the mean of all nodes before `cluster rebalance` sends some away":
    "节点的客户端数超过所有节点平均值的百分比达到此值时，`cluster rebalance` 才会送走一部分",
  "Server Reference for MQTT 5 clients that are sent to other nodes, such as `a.example.com:1883 b.example.com:1883`":
    "送往其他节点的 MQTT 5 客户端收到的 Server Reference，例如 `a.example.com:1883 b.example.com:1883`",
  "A node that is silent for so long is taken for dead, and the wills of its clients are published; 0: only if it is certain that it is dead":
    "节点静默超过此时间即视为已死亡，其客户端的遗嘱消息将被发布；0：仅在确定它已死亡时发布",
  "Wills of a node's clients that the other nodes keep in case it dies, at most":
    "其他节点为一个节点的客户端保存的遗嘱消息的总大小上限，以备该节点死亡",
  "Bytes waiting for one node before publishers are slowed": "等待发往一个节点的字节数，超过后发布者会被减速",
  "First pause before a member that is away is dialled again": "成员失联后首次重新连接前的等待时间",
  "Longest such pause": "重新连接失联成员前的最长等待时间",
  "Changes kept for nodes that reconnect; one that missed more gets a snapshot":
    "为重新连接的节点保留的变更条数；错过更多变更的节点会得到快照",
  "Where the log goes; syslog: to syslogd or journald; `foreground` and `console` log to the console":
    "日志输出到哪里；syslog：输出到 syslogd 或 journald；`foreground` 和 `console` 方式运行时输出到控制台",
  "The least important lines that are kept": "所保留日志的最低级别",
  "The same before lines are given to console, file or syslog; missing: log.level":
    "日志交给控制台、文件或 syslog 之前的最低级别；未设置时同 log.level",
  "How lines look; json: one object each, with client, peer and topic":
    "日志行的格式；json：每行一个对象，包含客户端、对端地址和主题",
  "Directory of log files, within node.data_dir unless absolute":
    "日志文件目录；相对路径以 node.data_dir 为起点",
  "Name of the log file": "日志文件名",
  "Begin a new file when one is full": "日志文件写满后另起新文件",
  "Full means this": "日志文件达到此大小即为写满",
  "Files kept, the current one included": "保留的日志文件个数，包括当前文件",
  "Which member of a shared subscription gets a message; hash is hash_clientid":
    "共享订阅中由哪个成员接收消息；hash 即 hash_clientid",
  "QoS 1 and 2 messages go to a member that can take them at once, if there is one, not into a queue":
    "QoS 1 和 QoS 2 消息优先发给能立即接收的成员，而不是放入队列",
  "Retained messages; 0: no limit": "保留消息的最大数量；0：不限",
  "Largest payload that is retained": "可以保留的消息的最大载荷",
  "How long retained messages live whose publisher has not said it; 0: until they are replaced or deleted":
    "发布者未指定时保留消息的有效期；0：直到被替换或删除",
  "Whether the empty message that deletes a retained one goes to nobody, against the specification":
    "用于删除保留消息的空消息是否不再投递给订阅者；true 不符合规范",
  "Whether retained messages survive a restart of the node: ram: no; disc and disc_only: yes (4.3 ships ram)":
    "保留消息在节点重启后是否仍在：ram：否；disc 和 disc_only：是（EMQ X 4.3 默认为 ram）",
  "Whether clients that come and go are told of below $SYS/brokers/<node>/clients":
    "是否在 $SYS/brokers/<node>/clients 下发布客户端上线和下线事件",
  "The QoS of that": "上下线事件消息的 QoS",
  "Whether what is published to $delayed/<seconds>/<topic> is published there later":
    "发布到 $delayed/<秒数>/<主题> 的消息是否延迟后再发布到该主题",
  "Delayed messages in the cluster; 0: no limit": "集群中延迟消息的最大数量；0：不限",
  "Topics and filters that others are put in place of: <filter> <regular expression> <target>":
    "主题重写规则，对发布和订阅都生效：<主题过滤器> <正则表达式> <目标主题>",
  "The same, only of what is published": "主题重写规则，仅对发布生效：<主题过滤器> <正则表达式> <目标主题>",
  "The same, only of subscriptions": "主题重写规则，仅对订阅生效：<主题过滤器> <正则表达式> <目标主题>",
  "A filter that every client is subscribed to; %c is its id, %u its user name":
    "为每个客户端自动订阅的主题过滤器；%c 为客户端 ID，%u 为用户名",
  "Its QoS, 0 if not set": "自动订阅的 QoS，未设置时为 0",
  "1: not for what the client itself publishes": "1：不接收客户端自己发布的消息",
  "1: retain flags stay as they were published": "1：保持消息发布时的保留标志",
  "Retained messages: 0 at every connection, 1 only for a new subscription, 2 never":
    "何时发送保留消息：0 每次连接时，1 仅新订阅时，2 从不",
  "How often version, nodes, statistics and metrics are published below $SYS":
    "在 $SYS 下发布版本、节点、统计和指标的间隔",
  "The same of uptime and time": "在 $SYS 下发布运行时间和当前时间的间隔",
  "What happens when an alarm begins or ends": "告警开始或结束时执行的动作",
  "Alarms kept that are over; 0: no limit": "保留的已结束告警数；0：不限",
  "How long they are kept": "已结束告警的保留时间",
  "How often the processors are looked at": "检查 CPU 使用率的间隔",
  "Above this the alarm high_cpu_usage is raised": "CPU 使用率超过此值时产生告警 high_cpu_usage",
  "Below this it ends": "CPU 使用率低于此值时该告警结束",
  "How often the memory is looked at": "检查内存使用率的间隔",
  "Above this the alarm high_system_memory_usage is raised":
    "系统内存使用率超过此值时产生告警 high_system_memory_usage",
  "Above this share of the machine's memory the alarm high_process_memory_usage is raised":
    "本进程占系统内存的比例超过此值时产生告警 high_process_memory_usage",
  "Above this share of the descriptors that the process may have the alarm too_many_descriptors is raised":
    "本进程使用的文件描述符占上限的比例超过此值时产生告警 too_many_descriptors",
  "Above this share of its max_connections the alarm listener_full/<id> is raised":
    "监听器的连接数占 max_connections 的比例超过此值时产生告警 listener_full/<id>",
  "Whether the slowest subscribers are listed": "是否列出最慢的订阅者",
  "A delivery that takes so long is a slow one": "投递耗时达到此值即为慢订阅",
  "How long a subscriber stays in the list": "订阅者在慢订阅列表中保留的时间",
  "How many each worker lists, and the API of the cluster": "每个工作线程列出的条数，也是集群 API 列出的条数",
  "What counts: whole: from the publish to the acknowledgement (at QoS 0 to the sending); internal: from the publish to the sending; response: from the sending to the acknowledgement":
    "统计哪段耗时：whole：从发布到确认（QoS 0 到发送为止）；internal：从发布到发送；response：从发送到确认",
  "Traces that there may be at a time": "同时存在的跟踪的最大数量",
  "How long a trace runs if nobody says otherwise": "未指定时一个跟踪的运行时间",
  "What a node writes of a trace at most": "一个节点为一个跟踪最多写入的字节数",
  "Topics that may be counted one by one": "可以单独统计的主题的最大数量",
  "Whether it is written down what operators do": "是否记录管理操作的审计日志",
  "Where, within log.dir; rotated as the log": "审计日志的文件，位于 log.dir 下；与日志一样滚动",
  "What a node lists of it; the file has more": "节点列出的审计记录条数；文件中更多",
  "Where StatsD takes metrics, by UDP; missing: they are not pushed":
    "接收指标的 StatsD 地址，使用 UDP；未设置：不推送",
  "How often they are pushed": "推送指标的间隔",
  "What their names begin with": "指标名的前缀",
  "Added to each, as DogStatsD has it: `env:prod,site:1`":
    "附加到每个指标的标签，DogStatsD 格式：`env:prod,site:1`",
  "Where the management API, `/metrics` and `/status` are; 127.0.0.1:18083 if no listener at all is configured":
    "管理 API、`/metrics` 和 `/status` 的监听地址；未配置任何监听器时为 127.0.0.1:18083",
  "Connections at a time": "最大并发连接数",
  "The same in another place; 8081 is EMQ X 4.3's": "管理 API 的另一个监听地址；EMQ X 4.3 使用 8081",
  "The same with TLS; EMQ X 4.3's are 18084 and 8081": "使用 TLS 的监听地址；EMQ X 4.3 使用 18084 和 8081",
  "PEM file: the listener's certificate, then the intermediate ones":
    "PEM 文件：监听器的证书，其后是中间证书",
  "PEM file: the private key of that certificate": "PEM 文件：该证书的私钥",
  "Password of the key file, if it is encrypted": "私钥文件的密码（如已加密）",
  "PEM file: the authorities whose client certificates are trusted": "PEM 文件：签发客户端证书的可信 CA",
  "Whether browsers are asked for a certificate": "是否要求浏览器提供证书",
  "Whether those without certificate are refused; with verify_peer":
    "是否拒绝没有证书的浏览器；与 verify_peer 一起使用",
  "Most intermediate certificates between a browser's and its authority's":
    "浏览器证书与其 CA 之间最多的中间证书数",
  "Versions that are spoken": "支持的 TLS 版本",
  "Ciphers in OpenSSL's names, the preferred one first; by default OpenSSL's choice":
    "密码套件，使用 OpenSSL 的名称，优先的在前；默认由 OpenSSL 选择",
  "Whether the listener's order of ciphers counts, not the browser's":
    "是否以监听器的密码套件顺序为准，而不是浏览器的",
  "PEM file: Diffie-Hellman parameters; by default those that fit the certificate":
    "PEM 文件：Diffie-Hellman 参数；默认选用与证书相称的参数",
  "Whether browsers can resume a session with a short handshake": "浏览器是否可以用简短握手恢复 TLS 会话",
  "No effect: nobody may renegotiate, securely or not": "无作用：任何重新协商都不允许",
  "Whether the dashboard's listeners serve its pages; off: the API, `/metrics` and `/status` alone":
    "dashboard 监听器是否提供控制台页面；off：只有 API、`/metrics` 和 `/status`",
  "Where the files of those pages are; by default share/meshmq/dashboard beside the program's bin":
    "控制台页面文件的目录；默认为程序 bin 目录旁的 share/meshmq/dashboard",
  "Who may use the API: user name of HTTP's Basic authentication":
    "可以使用 API 的应用：HTTP Basic 认证的用户名",
  "Its password": "对应的密码",
  "Who may log in as long as nobody of this name has another password: POST /api/v4/auth":
    "默认管理员：在该用户另设密码之前可以登录，见 POST /api/v4/auth",
  "His password; with `public` he can do nothing but choose another one":
    "默认管理员的密码；若为 `public`，则登录后只能先修改密码",
  "How long a login lasts": "登录的有效时间",
  "Rows that a page of a list has at most": "列表每页的最大行数",
  "Largest body of a request": "请求正文的最大字节数",
  "Whether /metrics has EMQ X's names, for dashboards made for them":
    "/metrics 是否使用 EMQ X 的指标名，以便沿用已有的仪表盘",
  "Whether /metrics wants the credentials of the API": "/metrics 是否需要 API 的认证",
  "Name of the cluster, where several share a network or a directory of names":
    "集群名，用于区分同一网络或同一目录中的多个集群",
  "How nodes find each other: manual is `meshmq_ctl cluster join`":
    "节点互相发现的方式：manual 即手动执行 `meshmq_ctl cluster join`",
  "Pause between two questions where to find others": "两次查询其他节点位置之间的间隔",
  "Names of nodes, with commas": "节点名列表，以逗号分隔",
  "Multicast group, IPv4 or IPv6": "组播地址，IPv4 或 IPv6",
  "UDP ports: the first free one is taken, all are called": "UDP 端口：使用第一个空闲的端口，向所有端口发送",
  "Where to: an IPv4 address of this host, or for an IPv6 group the name of an interface":
    "组播使用的网络接口：本机的 IPv4 地址；IPv6 组播则为接口名",
  "Routers that a datagram may pass": "数据报可以经过的路由器数",
  "Also to other nodes on this host": "是否也发给本机上的其他节点",
  "Send buffer": "发送缓冲区",
  "Receive buffer": "接收缓冲区",
  "Name whose records are the nodes": "其 DNS 记录即为各节点的域名",
  "What stands before the @ of nodes' names; not set: as in node.name":
    "节点名中 @ 之前的部分；未设置：同 node.name",
  "Records: IPv4 addresses, IPv6 addresses, targets of services":
    "DNS 记录类型：IPv4 地址、IPv6 地址或服务目标",
  "Servers to ask, with commas: address:port; not set: the system's":
    "要查询的 DNS 服务器，以逗号分隔：地址:端口；未设置：使用系统的服务器",
  "URLs of etcd, with commas": "etcd 的 URL，以逗号分隔",
  "Its API; auto: v3 from etcd 3.4 on, v2 before": "etcd 的 API 版本；auto：etcd 3.4 及以上用 v3，更早用 v2",
  "Nodes that start together go one after the other; they need not, since all join in one order":
    "同时启动的节点依次加入；并非必需，因为所有节点都按同一顺序加入",
  "What keys begin with; cluster.name follows": "键的前缀；其后是 cluster.name",
  "A node that does not renew its key for so long is forgotten": "节点超过此时间未续约其键即被移除",
  "User of etcd": "etcd 的用户名",
  "Who signs the certificates of https servers; not set: whom the system trusts":
    "签发 https 服务器证书的 CA；未设置：系统信任的 CA",
  "This node's certificate": "本节点的证书",
  "Its key": "该证书的私钥",
  "URLs of Kubernetes' API servers, with commas; not set: where a pod finds it":
    "Kubernetes API 服务器的 URL，以逗号分隔；未设置：Pod 内的默认位置",
  "Service whose pods are the nodes": "其 Pod 即为各节点的 Service",
  "Its namespace": "该 Service 所在的命名空间",
  "What nodes are called after the @: address, address with dashes and suffix, host name and suffix":
    "节点名中 @ 之后的部分：地址、带连字符的地址加后缀，或主机名加后缀",
  "What stands before the @; not set: as in node.name": "节点名中 @ 之前的部分；未设置时同 node.name",
  "What follows service and namespace, or the namespace alone: pod.cluster.local, svc.cluster.local":
    "服务名和命名空间之后（或仅命名空间之后）的后缀：pod.cluster.local、svc.cluster.local",
  "Who this node is for the API server": "本节点访问 API 服务器所用的令牌文件",
  "Who signs the API servers' certificates; no such file: whom the system trusts":
    "签发 API 服务器证书的 CA；文件不存在：系统信任的 CA",
  "Largest MQTT packet accepted": "允许的最大 MQTT 报文",
  "Longest client id, in bytes": "客户端 ID 的最大长度，以字节计",
  "Most levels of a topic or filter; 0: no limit": "主题或主题过滤器的最大层级数；0：不限",
  "Highest QoS of a PUBLISH": "PUBLISH 允许的最高 QoS",
  "MQTT 5 topic aliases that a client may use; 0: none": "客户端可以使用的 MQTT 5 主题别名数；0：不允许",
  "Whether messages can be retained": "是否支持保留消息",
  "Whether filters may hold + and #": "主题过滤器是否可以包含 + 和 #",
  "Whether $share/<group>/<filter> and $queue/<filter> may be subscribed to":
    "是否可以订阅 $share/<group>/<filter> 和 $queue/<filter>",
  "Whether $exclusive/<filter> may be subscribed to, by one client at a time":
    "是否可以订阅 $exclusive/<filter>，同一时间仅一个客户端",
  "Topic aliases used towards an MQTT 5 client that takes some; 0: none":
    "向支持主题别名的 MQTT 5 客户端发送时使用的别名数；0：不使用",
  "Whether MQTT 5 clients may give their subscriptions identifiers": "MQTT 5 客户端是否可以使用订阅标识符",
  "Whether every deviation from the specification ends the connection. false lets pass what harms nobody; see docs/mqtt.md":
    "任何违反规范的行为是否都会断开连接。false：放过无害的行为；参见 docs/mqtt.md",
  "Whether clients of MQTT 3 do not get what they publish themselves, as No Local in MQTT 5":
    "MQTT 3 客户端是否不接收自己发布的消息，相当于 MQTT 5 的 No Local",
  "Whether payloads that their sender calls UTF-8 are checked": "是否检查发送者声明为 UTF-8 的载荷",
  "What MQTT 5 clients that ask for response information are told":
    "回复给请求响应信息的 MQTT 5 客户端的内容",
  "Time from connection to CONNECT": "从建立连接到收到 CONNECT 的时限",
  "Keep-alive in seconds that MQTT 5 clients are told to use": "要求 MQTT 5 客户端使用的保活时间，以秒计",
  "A client is closed after twice this part of its keep-alive without a packet":
    "客户端在保活时间乘以此系数再乘以 2 的时间内没有任何报文，即被断开",
  "Subscriptions of one client; 0: no limit": "单个客户端的最大订阅数；0：不限",
  "QoS 1 and 2 messages on their way to one client":
    "飞行窗口：正在发往一个客户端且未确认的 QoS 1 和 QoS 2 消息数",
  "MQTT 3: unacknowledged messages are sent again after this; 0: only when a client comes back":
    "MQTT 3：未确认的消息经过此时间后重发；0：仅在客户端重新连接时重发",
  "QoS 2 messages of one client that wait for its PUBREL": "一个客户端等待 PUBREL 的 QoS 2 消息数",
  "How long they wait": "等待 PUBREL 的最长时间",
  "Life of a persistent session without connection (MQTT 3; MQTT 5 clients say it themselves)":
    "持久会话在断开连接后的保留时间（MQTT 3；MQTT 5 客户端自行指定）",
  "The longest that an MQTT 5 client may ask for; it is told. Unset: no limit":
    "MQTT 5 客户端可以要求的最长会话过期时间，并会告知客户端。未设置：不限",
  "Whether a subscription with a higher QoS than the message's raises it, against the specification":
    "订阅的 QoS 高于消息的 QoS 时是否提升消息的 QoS；true 不符合规范",
  "Whether a client's user name, if it has one, is its client id":
    "客户端有用户名时是否以用户名作为客户端 ID",
  "Messages waiting in one session; 0: no limit": "一个会话的消息队列的最大长度；0：不限",
  "Topics whose messages leave the queue before others, the highest first":
    "消息优先离开队列的主题，优先级最高的在前",
  "Where all other topics stand if there are such": "设置了优先级时其他主题的位置",
  "What stands before all topics and filters of a client, unseen by it; %c: its id, %u: its user name":
    "挂载点：加在客户端所有主题和主题过滤器之前的前缀，客户端不可见；%c：客户端 ID，%u：用户名",
  "Whether QoS 0 messages wait too": "QoS 0 消息是否也进入消息队列",
  "Whether clients come in that no other way of authentication knows":
    "是否允许匿名登录：其他认证方式都不认识的客户端能否接入",
  "What holds where no rule speaks": "没有规则匹配时允许还是拒绝",
  "What becomes of a client that does what it may not: only a refusal, or the end of its connection":
    "客户端进行未授权操作时：仅拒绝该操作，还是断开连接",
  "File of rules; not set: those of the shipped etc/acl.conf":
    "访问控制规则文件；未设置：使用自带的 etc/acl.conf 中的规则",
  "User name of a client that comes in with auth.user.*.password":
    "使用 auth.user.*.password 接入的客户端的用户名",
  "Id of a client that comes in with auth.client.*.password":
    "使用 auth.client.*.password 接入的客户端的客户端 ID",
  "How new passwords of `user` and `clientid` are kept; EMQ X's plain, md5, sha, sha256 and sha512 are quick to guess":
    "`user` 和 `clientid` 的新密码的保存方式；EMQ X 的 plain、md5、sha、sha256 和 sha512 容易被破解",
  "Memory that one argon2id takes: what makes guessing dear, and each CONNECT":
    "一次 argon2id 运算所用的内存：既增加破解成本，也增加每次 CONNECT 的开销",
  "How many times it goes over that memory": "argon2id 的迭代次数",
  "How slow SCRAM passwords are to guess; for new ones": "SCRAM 的迭代次数，越大越难破解；仅对新密码生效",
  "Clients whose passwords are checked at a time, and as many in SCRAM; others are told that the server is busy":
    "同时进行密码校验的客户端数，SCRAM 另计同样数量；超出的客户端会被告知服务器繁忙",
  "Longest time for a check, and for a client to answer in enhanced authentication":
    "一次认证的最长时间，也是增强认证中客户端应答的最长时间",
  "Whether bans hold for the clients of this zone": "黑名单是否对本区域的客户端生效",
  "Of zones that detect it: a client whose connections end so often within that time is banned for the other":
    "用于启用了抖动检测的区域：次数、时间窗口、封禁时间；在时间窗口内断开次数达到该值的客户端会被封禁",
  "Whether clients of this zone that come and go all the time are banned":
    "是否封禁本区域中频繁上下线的客户端",
  "Whether passwords are not looked at in this zone": "本区域是否不检查密码",
  "Whether rules hold for the clients of this zone": "访问控制规则是否对本区域的客户端生效",
  "Where clients connect; the name is free": "客户端接入的地址；名称可自定",
  "Path of a Unix domain socket for clients of this machine": "供本机客户端使用的 Unix 域套接字的路径",
  "Permissions of its file, as chmod has them": "套接字文件的权限，同 chmod 的写法",
  "Zone of its clients: the limits of zone.<this name>.*":
    "该监听器的客户端所属的区域：适用 zone.<区域名>.* 的限制",
  "As zone.*.mountpoint, for the clients of this listener": "同 zone.*.mountpoint，用于该监听器的客户端",
  "Connections accepted per second; 0: no limit": "每秒接受的最大连接数；0：不限",
  "Connections waiting to be accepted": "等待接受的连接队列长度",
  TCP_NODELAY: "TCP_NODELAY",
  "Send buffer of the system for one connection": "操作系统为每个连接分配的发送缓冲区",
  "Receive buffer of the system for one connection": "操作系统为每个连接分配的接收缓冲区",
  "A client that takes nothing for so long is closed": "客户端超过此时间不接收任何数据即被断开",
  "Bytes waiting for a slow client before its messages queue in the session; the largest of all listeners counts":
    "等待发往慢客户端的字节数，超过后其消息进入会话的消息队列；以所有监听器中的最大值为准",
  "Who may connect: `allow` or `deny` with `all`, an address or a network such as 10.0.0.0/8; the first that fits decides, by number":
    "谁可以连接：`allow` 或 `deny`，后跟 `all`、地址或网段（如 10.0.0.0/8）；按编号顺序，第一条匹配的规则生效",
  "Whether every connection begins with a header of the PROXY protocol (version 1 or 2), which tells who the client is":
    "每个连接是否以 PROXY 协议（版本 1 或 2）的头部开始，其中给出客户端的真实地址",
  "Time for that header": "等待 PROXY 协议头部的时限",
  "With proxy_protocol: the common name of the certificate that the client gave to the proxy becomes its user name":
    "与 proxy_protocol 一起使用：以客户端提供给代理的证书的通用名作为用户名",
  "The same, its client id": "与 proxy_protocol 一起使用：以客户端提供给代理的证书的通用名作为客户端 ID",
  "DER file: an OCSP response for the certificate, given to clients that ask":
    "DER 文件：证书的 OCSP 响应，发送给请求它的客户端",
  "Host name for which clients get another certificate, `*.example.org` too; by default the names in that certificate":
    "为此主机名提供另一张证书，也可以是 `*.example.org`；默认取该证书中的名称",
  "Whether clients are asked for a certificate": "是否要求客户端提供证书",
  "Whether clients without certificate are refused; with verify_peer":
    "是否拒绝没有证书的客户端；与 verify_peer 一起使用",
  "Most intermediate certificates between a client's and its authority's":
    "客户端证书与其 CA 之间最多的中间证书数",
  "PEM file: revocation lists; clients named there are refused":
    "PEM 文件：证书吊销列表；列入其中的客户端会被拒绝",
  "With crlfile: whether only the client's authority must have a list there, or every one of the chain":
    "与 crlfile 一起使用：只要求客户端的 CA 有吊销列表，还是证书链中的每个 CA 都要有",
  "Part of the client's certificate that becomes its user name": "取客户端证书的哪一部分作为用户名",
  "Part of the client's certificate that becomes its client id": "取客户端证书的哪一部分作为客户端 ID",
  "File of pre-shared keys, lines `identity:key`; no certificate is needed then":
    "预共享密钥文件，每行为 `identity:key`；此时不需要证书",
  "How the keys stand there; text: the bytes as they are, as in EMQ X 4.3's psk.txt":
    "文件中密钥的写法；text：按字面字节，同 EMQ X 4.3 的 psk.txt",
  "Versions that are spoken; tlsv1.1 and tlsv1 are broken and only for devices that know nothing else":
    "支持的 TLS 版本；tlsv1.1 和 tlsv1 已不安全，仅用于不支持其他版本的设备",
  "The same, for a listener with psk_file; instead of ciphers":
    "用于设置了 psk_file 的监听器的密码套件，代替 ciphers",
  "Whether the listener's order of ciphers counts, not the client's":
    "是否以监听器的密码套件顺序为准，而不是客户端的",
  "Protocols for clients that ask for one (ALPN); those that ask only for others are refused":
    "供使用 ALPN 的客户端选择的协议；只请求其他协议的客户端会被拒绝",
  "The same; browsers ask for http/1.1": "供使用 ALPN 的客户端选择的协议；浏览器请求 http/1.1",
  "Whether clients can resume a session with a short handshake": "客户端是否可以用简短握手恢复 TLS 会话",
  "Time from connection to the end of the handshake, TLS and WebSocket":
    "从建立连接到 TLS 和 WebSocket 握手完成的时限",
  "Path of the URL": "URL 的路径",
  "How many MQTT packets the node puts into one WebSocket message; clients do as they like":
    "节点在一个 WebSocket 消息中放入多少个 MQTT 报文；客户端可自行决定",
  "Largest frame or message of a client; 0: no limit but that of MQTT packets":
    "客户端的帧或消息的最大长度；0：仅受 MQTT 报文上限的限制",
  "Names that a client may ask for": "客户端可以请求的子协议名",
  "Whether clients that ask for none of them are refused": "是否拒绝没有请求其中任何子协议的客户端",
  "Whether browsers may connect only from pages of check_origins":
    "浏览器是否只能从 check_origins 中的页面连接",
  "With it: whether clients that name no page (no browsers) may connect":
    "与之配合：未给出来源页面的客户端（非浏览器）是否可以连接",
  "Origins of these pages": "允许的页面来源",
  "Header in which a proxy in front tells the client's address, such as X-Forwarded-For; only where nobody else can connect":
    "前置代理用来告知客户端地址的请求头，例如 X-Forwarded-For；仅在只有代理能够连接时使用",
  "Header in which it tells the client's port, such as X-Forwarded-Port":
    "前置代理用来告知客户端端口的请求头，例如 X-Forwarded-Port",
  "Whether messages are compressed for clients that can (permessage-deflate)":
    "是否为支持压缩的客户端压缩消息（permessage-deflate）",
  "How hard the node tries": "节点的压缩级别",
  "Memory for compressing: 1 KB for each connection at 1, 256 KB at 9":
    "压缩使用的内存：为 1 时每个连接 1 KB，为 9 时 256 KB",
  "What the data are like, as zlib has it": "数据的特征，即 zlib 的压缩策略",
  "Whether a message of the node may refer to earlier ones: smaller messages, more memory":
    "节点的消息是否可以引用之前的消息：消息更小，内存更多",
  "The same for the client's messages": "客户端的消息是否可以引用之前的消息：消息更小，内存更多",
  "How far back a message of the node may refer: 2 to this power bytes":
    "节点的消息可以向前引用的范围：2 的此次幂个字节",
  "The same for the client's messages, if it can":
    "客户端的消息可以向前引用的范围（如果客户端支持）：2 的此次幂个字节",
  "As {key}, for this zone": "同 {key}，用于本区域",
  "As {key}, for that host name": "同 {key}，用于该主机名",
  "As {key}": "同 {key}",

  // --- what a value looks like
  text: "文本",
  "on or off": "on 或 off",
  "true or false": "true 或 false",
  "an integer from {min} to {max}": "{min} 到 {max} 之间的整数",
  "an integer of at least {min}": "不小于 {min} 的整数",
  "a number from {min} to {max}": "{min} 到 {max} 之间的数",
  "a duration with unit, such as 500ms, 30s, 1m30s or 2h of at least {min}":
    "不小于 {min} 的带单位的时长，例如 500ms、30s、1m30s 或 2h",
  "a duration with unit, such as 500ms, 30s, 1m30s or 2h": "带单位的时长，例如 500ms、30s、1m30s 或 2h",
  "0 or a duration with unit, such as 30s or 1m30s": "0 或带单位的时长，例如 30s 或 1m30s",
  "a size, such as 512KB or 1MB from {min} bytes to {max} bytes":
    "{min} 到 {max} 字节之间的大小，例如 512KB 或 1MB",
  "a size, such as 512KB or 1MB of at least {min} bytes": "不小于 {min} 字节的大小，例如 512KB 或 1MB",
  "a size, such as 512KB or 1MB": "大小，例如 512KB 或 1MB",
  "a percentage, such as 80% from {min} to {max}": "{min} 到 {max} 之间的百分比，例如 80%",
  "one of {words}": "以下之一：{words}",
  "a port or an address with port, such as 1883, 127.0.0.1:1883 or [::1]:1883":
    "端口，或带端口的地址，例如 1883、127.0.0.1:1883 或 [::1]:1883",
  "name@host; letters, digits, _ and - before the @, an address or host name behind it":
    "name@host；@ 之前为字母、数字、_ 和 -，之后为地址或主机名",
  "permissions in octal digits, such as 0660": "八进制权限，例如 0660",
  "allow or deny, then all, an address or a network such as 10.0.0.0/8":
    "allow 或 deny，后跟 all、地址或网段，例如 10.0.0.0/8",
  "none or topics with priorities from 0 to 255, such as alarms=10,topic/2=8":
    "none，或带 0 到 255 优先级的主题，例如 alarms=10,topic/2=8",
  "a topic filter, a regular expression and a target, such as x/# ^x/(.+)$ z/$1":
    "主题过滤器、正则表达式和目标主题，例如 x/# ^x/(.+)$ z/$1",
  "a topic filter, perhaps shared": "主题过滤器，可以是共享订阅",
  "a count and two durations, such as 30, 1m, 5m": "一个次数和两个时长，例如 30, 1m, 5m",
  "the beginning of a topic, without wildcards, such as devices/%c/":
    "主题的开头部分，不含通配符，例如 devices/%c/",

  // --- when a change counts
  "at once": "立即",
  "after a restart": "重启后",
  "for clients that connect from then on": "对此后连接的客户端",
  "after a restart, from the configuration file only": "重启后，且只能写在配置文件中",
};
