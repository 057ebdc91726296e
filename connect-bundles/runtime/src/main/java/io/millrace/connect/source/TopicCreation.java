package io.millrace.connect.source;

import io.millrace.connect.config.ConnectorConfig;
import io.millrace.connect.task.TaskSetup;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.common.errors.TopicExistsException;
import org.apache.kafka.connect.errors.ConnectException;

/** Makes the topics a source connector writes to as its {@code topic.creation.*} settings say (KIP-158); without such settings the broker does. For one thread. */
final class TopicCreation {

    private record Group(String name, List<Pattern> include, List<Pattern> exclude, Map<String, String> settings) {

        boolean takes(String topic) {
            return include.stream().anyMatch(pattern -> pattern.matcher(topic).matches())
                    && exclude.stream().noneMatch(pattern -> pattern.matcher(topic).matches());
        }
    }

    private final List<Group> groups = new ArrayList<>();
    private final Set<String> known = new HashSet<>();
    private final TaskSetup setup;
    private String last;

    TopicCreation(TaskSetup setup) {
        this.setup = setup;
        ConnectorConfig config = setup.config();
        Map<String, Object> defaults = config.withPrefix("topic.creation.default.");
        if (defaults.isEmpty()) {
            return;
        }
        for (String name : config.list("topic.creation.groups")) {
            Map<String, String> settings = strings(defaults);
            settings.putAll(strings(config.withPrefix("topic.creation." + name + ".")));
            groups.add(new Group(name, patterns(settings.remove("include")), patterns(settings.remove("exclude")), settings));
        }
        groups.add(new Group("default", List.of(Pattern.compile(".*")), List.of(), strings(defaults)));
    }

    private static Map<String, String> strings(Map<String, Object> map) {
        Map<String, String> strings = new HashMap<>();
        map.forEach((key, value) -> strings.put(key, String.valueOf(value)));
        return strings;
    }

    private static List<Pattern> patterns(String list) {
        return list == null || list.isBlank() ? List.of() : Pattern.compile("\\s*,\\s*").splitAsStream(list.strip()).map(Pattern::compile).toList();
    }

    /** @return whether the topic is seen for the first time */
    boolean ensure(String topic) throws InterruptedException {
        // Records of one topic come in a row, most with the very same string.
        if (topic == last) {
            return false;
        }
        last = topic;
        if (!known.add(topic)) {
            return false;
        }
        for (Group group : groups) {
            if (group.takes(topic)) {
                create(topic, group);
                break;
            }
        }
        return true;
    }

    private void create(String topic, Group group) throws InterruptedException {
        Map<String, String> settings = new HashMap<>(group.settings());
        int partitions = Integer.parseInt(settings.getOrDefault("partitions", "-1"));
        short replication = Short.parseShort(settings.getOrDefault("replication.factor", "-1"));
        settings.remove("partitions");
        settings.remove("replication.factor");
        NewTopic made = new NewTopic(topic, partitions < 1 ? java.util.Optional.empty() : java.util.Optional.of(partitions),
                replication < 1 ? java.util.Optional.empty() : java.util.Optional.of(replication)).configs(settings);
        try {
            setup.asAdmin(admin -> admin.createTopics(List.of(made)).all().get(60, TimeUnit.SECONDS));
        } catch (ExecutionException e) {
            if (!(e.getCause() instanceof TopicExistsException)) {
                throw new ConnectException("topic " + topic + " cannot be made with the settings of the topic creation group " + group.name() + ": "
                        + e.getCause().getMessage(), e.getCause());
            }
        } catch (java.util.concurrent.TimeoutException e) {
            throw new ConnectException("topic " + topic + " was not made within 60 s", e);
        }
    }
}
