'use strict';
django.jQuery(($) => $('.searched-select').select2({width: 'style'}));
