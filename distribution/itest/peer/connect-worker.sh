#!/usr/bin/env bash
# connect-worker.sh DIR PORT: Apache Kafka (on PORT) and a Kafka Connect worker in distributed mode (REST on PORT+2), both on 127.0.0.1,
# with the folders of DIR/plugins as plugins and the jars of DIR/classpath beside the worker's own. Ends both when it is ended. Needs a JDK 25
# as JAVA_HOME, and in KAFKA_LIBS and CONNECT_LIBS folders with the jars of kafka_2.13 and of connect-runtime (mvn dependency:copy-dependencies).
set -euo pipefail
[ $# -eq 2 ] || { echo "usage: connect-worker.sh DIR PORT" >&2; exit 2; }
mkdir -p "$1/plugins" "$1/classpath"; dir="$(cd "$1" && pwd)"; port="$2"; rest=$((port + 2)); controller=$((port + 1))
java="$JAVA_HOME/bin/java"

cat > "$dir/server.properties" <<P
process.roles=broker,controller
node.id=1
controller.quorum.bootstrap.servers=127.0.0.1:$controller
listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
advertised.listeners=PLAINTEXT://127.0.0.1:$port,CONTROLLER://127.0.0.1:$controller
controller.listener.names=CONTROLLER
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT
log.dirs=$dir/kafka
offsets.topic.replication.factor=1
offsets.topic.num.partitions=5
transaction.state.log.replication.factor=1
transaction.state.log.min.isr=1
transaction.state.log.num.partitions=5
group.initial.rebalance.delay.ms=0
P
cat > "$dir/worker.properties" <<P
bootstrap.servers=127.0.0.1:$port
group.id=connect-peer
listeners=http://127.0.0.1:$rest
plugin.path=$dir/plugins
key.converter=org.apache.kafka.connect.json.JsonConverter
value.converter=org.apache.kafka.connect.json.JsonConverter
config.storage.topic=connect-configs
offset.storage.topic=connect-offsets
status.storage.topic=connect-status
config.storage.replication.factor=1
offset.storage.replication.factor=1
status.storage.replication.factor=1
offset.storage.partitions=5
offset.flush.interval.ms=1000
exactly.once.source.support=${EXACTLY_ONCE:-disabled}
scheduled.rebalance.max.delay.ms=0
connector.client.config.override.policy=All
P

storage() { "$java" -cp "$KAFKA_LIBS/*" kafka.tools.StorageTool "$@" 2> "$dir/format.log"; }
if [ ! -f "$dir/kafka/meta.properties" ]; then
  storage format --standalone -t "$(storage random-uuid | tail -1)" -c "$dir/server.properties" > /dev/null
fi
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT
"$java" -Xmx512m -cp "$KAFKA_LIBS/*" kafka.Kafka "$dir/server.properties" > "$dir/kafka.log" 2>&1 &
until (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null; do sleep 0.2; done
"$java" -Xmx512m -cp "$CONNECT_LIBS/*:$dir/classpath/*" org.apache.kafka.connect.cli.ConnectDistributed "$dir/worker.properties" > "$dir/connect.log" 2>&1 &
until curl -sf "http://127.0.0.1:$rest/connectors" > /dev/null; do sleep 0.2; done
echo "Kafka on 127.0.0.1:$port, Connect on http://127.0.0.1:$rest"
wait
