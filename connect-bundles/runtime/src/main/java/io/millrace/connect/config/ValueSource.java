package io.millrace.connect.config;

import java.util.Map;
import java.util.Set;
import org.apache.kafka.common.config.ConfigException;

/** Where the values of variables of one kind are. May block; thread-safe. */
interface ValueSource {

    /**
     * @param values by name
     * @param ttlMs  for how long they hold, {@link #FOR_EVER} if it is not known that they change
     */
    record Values(Map<String, String> values, long ttlMs) {

        static final long FOR_EVER = Long.MAX_VALUE;
    }

    /**
     * @param path empty if the variables have none
     * @return of those names that there are
     * @throws ConfigException if the path is wrong, not allowed or cannot be read
     */
    Values get(String path, Set<String> names);
}
