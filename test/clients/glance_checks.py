"""Says for each file what Glance would say: "taken", or why not. Arguments: pairs of disk_format and file."""

import json
import sys

from oslo_utils.imageutils import format_inspector


def verdict(disk_format, path):
    with open(path, 'rb') as source:
        wrapper = format_inspector.InspectWrapper(source)
        while wrapper.read(65536):
            pass
        wrapper.close()
    found = {str(one): one for one in wrapper.formats}
    # As glance/location.py chooses: an ISO may begin like a partitioned disk.
    if set(found) == {'iso', 'gpt'}:
        inspector = found['iso']
    elif len(found) > 1:
        return 'several formats: ' + ', '.join(sorted(found))
    else:
        (inspector,) = found.values()
    if str(inspector) != disk_format and disk_format != 'raw':
        return f'{disk_format} is {inspector}'
    try:
        inspector.safety_check()
    except format_inspector.SafetyCheckFailed as failed:
        return 'safety checks: ' + ', '.join(f'{name}: {why}' for name, why in failed.failures.items())
    except format_inspector.ImageFormatError as error:
        return str(error)
    return 'taken'


pairs = zip(sys.argv[1::2], sys.argv[2::2])
print(json.dumps([verdict(disk_format, path) for disk_format, path in pairs]))
