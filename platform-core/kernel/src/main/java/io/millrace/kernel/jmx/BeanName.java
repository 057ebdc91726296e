package io.millrace.kernel.jmx;

import io.millrace.api.metrics.Tags;
import java.util.regex.Pattern;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/** The name in a meter's template, with the values of tags put in, quoted where Kafka quotes them. */
record BeanName(ObjectName name, String attribute) {

    /** Kafka's own rule. */
    private static final Pattern PLAIN = Pattern.compile("[\\w-%. \t]*");

    /** @throws IllegalArgumentException if that makes no name */
    static BeanName of(String template, Tags tags) {
        int mark = template.lastIndexOf('#');
        String name = mark < 0 ? template : template.substring(0, mark);
        for (int i = 0; i < tags.pairs().size(); i += 2) {
            String value = tags.pairs().get(i + 1);
            name = name.replace("{" + tags.pairs().get(i) + "}", PLAIN.matcher(value).matches() ? value : ObjectName.quote(value));
        }
        try {
            return new BeanName(new ObjectName(name), mark < 0 ? "" : template.substring(mark + 1));
        } catch (MalformedObjectNameException malformed) {
            throw new IllegalArgumentException("MBean name " + name + ": " + malformed.getMessage(), malformed);
        }
    }
}
