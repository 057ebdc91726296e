package io.millrace.connect.config;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import org.apache.kafka.common.config.ConfigException;

/** Variables of the process's environment whose names match a pattern ({@code allowlist.pattern}, KIP-887). */
record EnvironmentValues(UnaryOperator<String> environment, Pattern allowed) implements ValueSource {

    @Override
    public Values get(String path, Set<String> names) {
        Map<String, String> values = new HashMap<>();
        for (String name : names) {
            if (!allowed.matcher(name).matches()) {
                throw new ConfigException("environment variable " + name + " may not be read; allowlist.pattern is " + allowed);
            }
            values.put(name, environment.apply(name));
        }
        return new Values(values, Values.FOR_EVER);
    }
}
